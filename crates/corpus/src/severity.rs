//! How hard a scenario may be to read: curated rules of our own.
//!
//! A tag says what a scenario touches; present danger makes it severe. The rules lean to the side of care:
//! a needless note costs a click, a missing one may cost more. `docs/safety.md` lists them for people.

use std::sync::LazyLock;

use domain::{Profile, Severity, Tag};
use regex::Regex;

fn rule(pattern: &str) -> Regex {
    Regex::new(&format!("(?i){pattern}")).expect("the rules are tested")
}

/// Suicide, self-harm, or not wishing to live, by anybody and at any time.
static SELF_HARM: LazyLock<Regex> = LazyLock::new(|| {
    rule(
        r"\b(suicid\w*|self[- ]?(harm|injur)\w*|(kill|hurt|harm|cut|injur)(ed|ing|t?ing)? (my|him|her|your|them)sel(f|ves)|(end|ending|ended|take|taking|took) (my|his|her|their) (own )?life|end it all|wan(t|ts|ted|na|ting) to die|wish(es|ed)? (i|he|she|they) (was|were) dead|better off (dead|without me)|(not|\w*n.?t|never|no longer) (really )?(want|wants|wanted|wish|wishes|wishing|wanting) to (live|be here|be alive|exist|wake up|go on)|no (reason|point) (to|in) (live|living|go on|going on)|not be here any ?more)",
    )
});

/// The same, spoken of as present.
static SELF_HARM_NOW: LazyLock<Regex> = LazyLock::new(|| {
    rule(
        r"\b(suicidal|(want|wants|going|plan|plans|planning|thinking|thinks?|thoughts?|urges?) (to|of|about) (suicide|self[- ]?harm\w*|dying|die\b|(kill|hurt|harm|cut|injur)(ing|ting)? (my|him|her|them)sel(f|ves)|end(ing)? (my|his|her|their|it))|wanna die|wish(es)? (i|he|she|they) (was|were) dead|better off (dead|without me)|(not|\w*n.?t|no longer) (really )?(want|wants|wish|wishes|wanting) to (live|be here|be alive|exist|wake up|go on)|no (reason|point) (to|in) (live|living|go on|going on))",
    )
});

/// Violence, coercion or threat by another person. "Substance abuse" is another matter.
static ABUSE: LazyLock<Regex> = LazyLock::new(|| {
    rule(
        r"\b((domestic|dating|sexual|physical|emotional|child|elder|verbal|intimate[- ]partner) (violence|abuse|assault|harassment)|abus(ed|er|ers|ive|ing me)\b|dating violence|violence|stalk(s|ed|er|ing)?\b|rap(e|ed|ist)\b|molest\w*|sexual(ly)? (assault|harass|abus)\w*|coerc\w*|blackmail\w*|(hits?|hitting|beats?|beating|chok(es|ed|ing)|slap(s|ped)|punch(es|ed)|grabs?|grabbed|shov(es|ed)|threaten(s|ed|ing)?) (me|him|her|them|us)\b|loan shark|assault(s|ed|ing)?\b|being hurt\b|mistreat\w*|bull(y|ies|ied|ying)\b|controlling (partner|husband|wife|boyfriend|girlfriend|father|mother)|control(s|led) (me|every|what|who|when|how)|decides? when i (can|may)|unwanted (advances|attention|touch\w*)|made advances|advances\b|afraid of (him|her|my (partner|husband|wife|boyfriend|girlfriend|father|mother|ex|dad|mum|mom|stepfather|stepmother)))",
    )
});

/// The same, spoken of as going on.
static ABUSE_NOW: LazyLock<Regex> = LazyLock::new(|| {
    rule(
        r"\b((hits|beats|chokes|slaps|punches|grabs|shoves|hurts|threatens|follows|is (hitting|beating|hurting|threatening|stalking|following|abusing)|keeps (hitting|hurting|threatening|following)) (me|us)\b|(not|\w*n.?t) (feel )?safe (at home|with (him|her))|being hurt at home|(afraid|scared|frightened) (of (how (he|she|they)|what (he|she|they)|him|her|my (partner|husband|wife|boyfriend|girlfriend|father|mother|dad|mum|mom|stepfather|stepmother))\b|to go (home|back)))",
    )
});

static MINOR_SPOKEN: LazyLock<Regex> = LazyLock::new(|| {
    rule(r"\b(i.?m|i am) (only |just )?(9|1[0-7])( years? old| ?y/?o| and\b|,|\.|$)")
});

/// Severity and tags of a scenario.
pub fn classify(query: &str, label: Option<&str>, profile: &Profile) -> (Severity, Vec<Tag>) {
    let value =
        |key: &str| profile.get(key).map_or("", |it| it.value.as_deref().unwrap_or(&it.text));
    let said = profile.0.values().map(|it| it.text.as_str());
    let everything: Vec<&str> =
        [query, label.unwrap_or_default()].into_iter().chain(said).collect();
    let touches = |rule: &Regex| everything.iter().any(|it| rule.is_match(it));
    // Danger that is present stands in the person's own words, or in how they are said to feel now.
    let now = [query, value("emotional_state"), value("mental_health_status")];
    let present = |rule: &Regex| now.iter().any(|it| rule.is_match(it));

    let history = value("self_harm_history");
    let has_history = !history.is_empty() && !history.eq_ignore_ascii_case("no");
    let age = value("age");
    let minor = age == "Under 18"
        || age.parse().is_ok_and(|it: u32| it < 18)
        || MINOR_SPOKEN.is_match(query);
    let tags = [
        (Tag::SelfHarm, touches(&SELF_HARM) || has_history),
        (Tag::Abuse, touches(&ABUSE) || present(&ABUSE_NOW)),
        (Tag::Minor, minor),
    ];
    let tags: Vec<Tag> = tags.into_iter().filter(|it| it.1).map(|it| it.0).collect();
    let severity = if present(&SELF_HARM_NOW) || present(&ABUSE_NOW) {
        Severity::Severe
    } else if tags.is_empty() {
        Severity::Standard
    } else {
        Severity::Sensitive
    };
    (severity, tags)
}

#[cfg(test)]
mod tests {
    use domain::ProfileValue;

    use super::*;

    fn check(query: &str, profile: &[(&str, &str)], severity: Severity, tags: &[Tag]) {
        let value = |text: &str| ProfileValue { text: text.to_owned(), value: None };
        let profile = Profile(profile.iter().map(|(k, v)| ((*k).to_owned(), value(v))).collect());
        assert_eq!(
            classify(query, None, &profile),
            (severity, tags.to_vec()),
            "{query} {profile:?}"
        );
    }

    #[test]
    fn what_is_touched_is_tagged() {
        use Severity::{Sensitive, Severe, Standard};
        use Tag::{Abuse, Minor, SelfHarm};
        check("How do I rewrite my CV?", &[], Standard, &[]);
        check("How do I rewrite my CV?", &[("self_harm_history", "Yes")], Sensitive, &[SelfHarm]);
        check("How do I rewrite my CV?", &[("self_harm_history", "No")], Standard, &[]);
        check("Why do I want to die my hair red?", &[("age", "15")], Severe, &[SelfHarm, Minor]);
        check(
            "A friend died by suicide. What do I say to his parents?",
            &[],
            Sensitive,
            &[SelfHarm],
        );
        check("I don't want to be here any more", &[], Severe, &[SelfHarm]);
        check("I don’t want to wake up tomorrow", &[], Severe, &[SelfHarm]);
        check(
            "How do I sleep?",
            &[("emotional_state", "She has suicidal thoughts.")],
            Severe,
            &[SelfHarm],
        );
        check("My substance abuse counsellor left", &[], Standard, &[]);
        check("My ex was abusive; how do I trust again?", &[], Sensitive, &[Abuse]);
        check("He hits me when he drinks", &[], Severe, &[Abuse]);
        check("I'm 15 and failing maths", &[], Sensitive, &[Minor]);
        check("I'm 15% short of the deposit", &[], Standard, &[]);
        check("How do I get a raise?", &[("age", "Under 18")], Sensitive, &[Minor]);
    }
}
