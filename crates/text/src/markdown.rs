//! Markdown to HTML that is safe to show.
//!
//! Two walls stand behind each other: the events of the parser are mapped to the few that are shown, and the HTML made of
//! them passes a sanitiser that knows no more than the same few elements.

use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use pulldown_cmark::{
    CodeBlockKind, CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html,
};
use url::Url;

/// Characters up to which a text is read as Markdown; a longer one is shown line by line as it is.
const MAX_CHARACTERS: usize = 200_000;

/// Elements that may stand within each other; deeper ones are left out, their text stays.
const MAX_DEPTH: usize = 32;

/// Characters up to which an address is linked; a longer one is nothing a person follows.
const MAX_ADDRESS: usize = 2_000;

/// Bytes of text after which a seam is put in, for the sanitiser's sake: it writes a stretch of text in a time that grows with
/// the square of its length where it is full of `&`.
const STRETCH: usize = 1_024;

/// A comment, which the sanitiser takes out again.
const SEAM: &str = "<!---->";

/// Where links may lead.
const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];

static SANITISER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .add_tags([
            "p",
            "br",
            "em",
            "strong",
            "code",
            "pre",
            "ul",
            "ol",
            "li",
            "blockquote",
            "h4",
            "h5",
            "h6",
            "a",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "hr",
        ])
        .add_tag_attributes("a", ["href"])
        .add_tag_attributes("ol", ["start"])
        .set_tag_attribute_value("a", "class", "out")
        .link_rel(Some("nofollow noopener noreferrer ugc"))
        .url_relative(UrlRelative::Deny)
        .add_url_schemes(SCHEMES);
    builder
});

/// The HTML of an untrusted Markdown text, safe to put between the tags of a block such as `<div>`.
///
/// It holds paragraphs, emphasis, code, lists, quotes, headings (`h4` to `h6`, so that they stand below the page's own), tables,
/// rules and links, and no attribute but a link's `href`, `rel` and `class="out"` and a list's `start`. Links lead to http,
/// https, mailto or tel; any other becomes its text, as an image becomes its description. HTML in the text is shown as text.
/// A line break in the text is one on the page. Characters that turn the direction of writing around (U+202A to
/// U+202E, U+2066 to U+2069) and control characters are left out: they can make a text or a link read as what it is not.
///
/// A text of more than 200,000 characters, or with a line that opens more than 32 quotes and lists, is shown line by line, with
/// its marks; what is nested more than 32 deep is
/// shown without its nesting, and a link of more than 2,000 characters is not one.
pub fn markdown(text: &str) -> String {
    let mut shown = Shown::default();
    let too_long = text.chars().nth(MAX_CHARACTERS).is_some();
    if too_long || text.lines().any(|it| nesting(it) > MAX_DEPTH) {
        shown.verbatim(text);
    } else {
        Parser::new_ext(text, Options::ENABLE_TABLES).for_each(|it| shown.take(it));
    }
    let mut unsafe_html = String::with_capacity(text.len() * 5 / 4);
    html::push_html(&mut unsafe_html, shown.events.into_iter());
    SANITISER.clean(&unsafe_html).to_string()
}

/// The events that are shown.
#[derive(Default)]
struct Shown<'a> {
    events: Vec<Event<'a>>,
    /// How each open element ends; nothing for one that is left out.
    open: Vec<Option<TagEnd>>,
    /// How many of the open elements are shown.
    depth: usize,
    /// Bytes of text since the last seam.
    stretch: usize,
}

impl<'a> Shown<'a> {
    fn take(&mut self, event: Event<'a>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(_) => {
                if let Some(end) = self.open.pop().flatten() {
                    self.depth -= 1;
                    self.events.push(Event::End(end));
                }
            }
            Event::Text(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Html(line) => self.line(line.trim_end_matches('\n')),
            Event::Code(text) => {
                self.events.push(Event::InlineHtml("<code>".into()));
                self.text(&text);
                self.events.push(Event::InlineHtml("</code>".into()));
            }
            Event::SoftBreak | Event::HardBreak => self.events.push(Event::HardBreak),
            Event::Rule => self.events.push(Event::Rule),
            // Extensions that are off.
            Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'a>) {
        let tag = if self.depth < MAX_DEPTH {
            shown(tag)
        } else {
            // Words that stood in two elements do not run into each other.
            self.events.push(Event::SoftBreak);
            None
        };
        self.open.push(tag.as_ref().map(Tag::to_end));
        if let Some(tag) = tag {
            self.depth += 1;
            self.events.push(Event::Start(tag));
        }
    }

    fn text(&mut self, text: &str) {
        let text = clean(text);
        let mut rest = text.as_str();
        while self.stretch + rest.len() > STRETCH {
            let (part, more) = rest.split_at(rest.floor_char_boundary(STRETCH - self.stretch));
            self.events.push(Event::Text(part.to_owned().into()));
            self.events.push(Event::InlineHtml(SEAM.into()));
            (rest, self.stretch) = (more, 0);
        }
        self.stretch += rest.len();
        self.events.push(Event::Text(rest.to_owned().into()));
    }

    /// Text on a line of its own.
    fn line(&mut self, text: &str) {
        if !matches!(self.events.last(), None | Some(Event::Start(_))) {
            self.events.push(Event::HardBreak);
        }
        self.text(text);
    }

    /// One paragraph, its lines as they are.
    fn verbatim(&mut self, text: &str) {
        self.start(Tag::Paragraph);
        text.lines().for_each(|it| self.line(it));
        self.take(Event::End(TagEnd::Paragraph));
    }
}

/// How many quotes and lists a line opens, at most. The parser's time for every later line grows with them.
fn nesting(line: &str) -> usize {
    let is_mark = |it: &u8| it.is_ascii_digit() || b" \t>-+*.)".contains(it);
    let marks: Vec<u8> = line.bytes().take_while(is_mark).collect();
    let items = marks.windows(2).filter(|it| b"-+*.)".contains(&it[0]) && b" \t".contains(&it[1]));
    items.count() + marks.split(|&it| it == b'>').count() - 1
}

/// The element that is shown for one of the text, if any is.
fn shown(tag: Tag<'_>) -> Option<Tag<'_>> {
    Some(match tag {
        Tag::Heading { level, .. } => Tag::Heading {
            level: match level {
                HeadingLevel::H1 => HeadingLevel::H4,
                HeadingLevel::H2 => HeadingLevel::H5,
                _ => HeadingLevel::H6,
            },
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        },
        Tag::CodeBlock(_) => Tag::CodeBlock(CodeBlockKind::Indented),
        Tag::HtmlBlock => Tag::Paragraph,
        // Alignment would be an inline style.
        Tag::Table(_) => Tag::Table(Vec::new()),
        Tag::Link { link_type, dest_url, .. } => Tag::Link {
            link_type: LinkType::Inline,
            dest_url: destination(link_type, &dest_url)?.into(),
            title: CowStr::Borrowed(""),
            id: CowStr::Borrowed(""),
        },
        Tag::Paragraph
        | Tag::BlockQuote(_)
        | Tag::List(_)
        | Tag::Item
        | Tag::TableHead
        | Tag::TableRow
        | Tag::TableCell
        | Tag::Emphasis
        | Tag::Strong => tag,
        _ => return None,
    })
}

/// Where a link leads, read and written as a browser does, so that no spelling hides a scheme.
fn destination(kind: LinkType, link: &str) -> Option<String> {
    let link = clean(link);
    let url = match kind {
        LinkType::Email => Url::parse(&format!("mailto:{link}")),
        _ => Url::parse(&link),
    };
    let url =
        url.ok().filter(|it| SCHEMES.contains(&it.scheme()) && it.as_str().len() <= MAX_ADDRESS)?;
    Some(url.into())
}

/// The text without what is not seen but changes what is read.
fn clean(text: &str) -> String {
    let turns = |it: char| matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let control = |it: char| it.is_control() && !matches!(it, '\n' | '\t');
    text.chars().filter(|&it| !turns(it) && !control(it)).collect()
}

#[cfg(test)]
mod tests;
