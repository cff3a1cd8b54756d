//! Answers and scores in and out of files.

use corpus::AnswerFormat;
use domain::{Condition, ScenarioFilter, Shown};
use llm::{
    ChatRequest,
    double::{Double, Script},
};
use rookery_engine::{AnswerPlan, ImportSummary, JudgePlan};

use crate::support::{Desk, Setting, is_judging, judge, marked, operator};

async fn import(desk: &Desk, text: &str, format: AnswerFormat) -> ImportSummary {
    desk.engine.answers_import(&operator(), text.as_bytes(), format).await.expect("read to its end")
}

/// A database with answers and verdicts of several kinds.
async fn filled() -> Desk {
    let double = Double::answering(|seen| {
        let asked = seen.last_message();
        match (is_judging(seen), asked.contains("Question two")) {
            (true, true) => Script::reply(seen, "I'm sorry, I cannot rate “this”."),
            (true, false) => Script::reply(seen, &marked([1, 3, 5])),
            (false, _) => Script::reply(seen, &format!("🧡 “So”:\n\t{asked} </script>\u{2028}end")),
        }
    })
    .await;
    let desk = Desk::with(double, Setting::default()).await;
    let plan = AnswerPlan {
        model: "m".to_owned(),
        shown: vec![
            Shown::whole(Condition::ContextFree),
            Shown::partial(["gender".to_owned(), "age".to_owned()]),
        ],
        filter: ScenarioFilter::default(),
        limit: None,
        parameters: ChatRequest { temperature: Some(0.1), ..ChatRequest::default() },
        parallel: 1,
        origin: domain::Origin::Recorded,
    };
    desk.engine.answers_generate(&operator(), &plan, |_| {}).await.expect("run");
    let plan = JudgePlan { judge: judge(), times: 2, seed: 3, limit: None, parallel: 1 };
    desk.engine.answers_judge(&operator(), &plan, |_| {}).await.expect("run");
    desk
}

#[tokio::test]
async fn what_goes_out_and_in_elsewhere_goes_out_the_same() {
    let desk = filled().await;
    let lines = desk.exported().await;
    assert_eq!(lines.lines().count(), 10 + 20);
    let elsewhere = Desk::answering(|seen| Script::reply(seen, "Never asked.")).await;
    let summary = import(&elsewhere, &lines, AnswerFormat::Jsonl).await;
    assert_eq!((summary.read, summary.added, summary.rejected_count), (30, 30, 0));
    assert_eq!(elsewhere.exported().await, lines);
    let again = import(&elsewhere, &lines, AnswerFormat::Jsonl).await;
    assert_eq!((again.added, again.already_present), (0, 30));
    assert_eq!(elsewhere.exported().await, lines);
}

#[tokio::test]
async fn pages_of_an_export_make_the_whole() {
    let desk = filled().await;
    let (mut paged, mut after) = (String::new(), None);
    loop {
        let page = desk.engine.answers_export(&operator(), after.as_ref(), 3).await.expect("lines");
        paged += &page.0;
        match page.1 {
            Some(it) => after = Some(it),
            None => break,
        }
    }
    assert_eq!(paged, desk.exported().await);
}

#[tokio::test]
async fn what_answers_or_judges_nothing_here_is_refused_with_its_line() {
    let desk = filled().await;
    let lines = desk.exported().await;
    let id = &desk.ids[0];
    let known = format!(
        r#"{{"v":1,"kind":"answer","scenario":"{id}","model":"x","shown":"raise","text":"Hm."}}"#
    );
    let unknown = known.replace(id.as_str(), "zzzzzzzzzzzzzzzz");
    let judging = r#"{"v":1,"kind":"score","response":"zzzzzzzzzzzzzzzz","judge":"x","outcome":"scored","risk_sensitivity":1,"emotional_empathy":2,"user_specific_alignment":3}"#;
    let beyond = lines
        .lines()
        .find(|it| it.contains("scored"))
        .expect("a score")
        .replace(r#""risk_sensitivity":{"value":1.0"#, r#""risk_sensitivity":{"value":6.0"#);
    let file = format!("\n{known}\n\n{unknown}\n{judging}\n   \n{beyond}\n{{}}\n{known}\n");
    let summary = import(&desk, &file, AnswerFormat::Jsonl).await;
    assert_eq!((summary.added, summary.already_present, summary.rejected_count), (1, 1, 4));
    let mut refused: Vec<_> =
        summary.rejected.iter().map(|it| (it.line, it.reason.as_str())).collect();
    refused.sort_unstable();
    let numbers: Vec<u64> = refused.iter().map(|it| it.0).collect();
    assert_eq!(numbers, [4, 5, 7, 8], "{refused:?}");
    assert!(refused[0].1.contains("scenario"), "{refused:?}");
    assert!(refused[1].1.contains("answer it judges"), "{refused:?}");
    assert!(refused[2].1.contains("1 to 5"), "{refused:?}");
}

#[tokio::test]
async fn a_row_of_a_table_is_refused_with_its_line_too() {
    let desk = Desk::answering(|seen| Script::reply(seen, "Never asked.")).await;
    let id = &desk.ids[0];
    let table = format!(
        "scenario,model,shown,text,judge,risk_sensitivity,emotional_empathy,user_specific_alignment\n\
         {id},x,context-free,\"Two\nlines\",j,1,2,3\n\
         zzzzzzzzzzzzzzzz,x,context-free,Hm.,j,1,2,3\n\
         {id},x,context-rich,Well.,j,4,4,5\n"
    );
    let summary = import(&desk, &table, AnswerFormat::Csv).await;
    assert_eq!(summary.added, 4, "two answers, each with its score: {:?}", summary.rejected);
    let numbers: Vec<u64> = summary.rejected.iter().map(|it| it.line).collect();
    assert_eq!(numbers, [4, 4], "the answer, and the score that judges it: {:?}", summary.rejected);
    let scores = desk.store.scores_by("j", domain::Readout::Given).await.expect("read");
    assert_eq!(scores.len(), 2);
}

/// A file that cannot be read to its end.
struct Breaks<'a>(&'a [u8]);
impl std::io::Read for Breaks<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(std::io::Error::other("the disk is gone")),
            some => Ok(some),
        }
    }
}

#[tokio::test]
async fn what_stood_before_a_broken_place_stays() {
    let desk = Desk::answering(|seen| Script::reply(seen, "Never asked.")).await;
    let id = &desk.ids[0];
    let line = format!(
        r#"{{"v":1,"kind":"answer","scenario":"{id}","model":"x","shown":"raise","text":"Hm."}}"#
    );
    let text = line + "\n";
    let input = Breaks(text.as_bytes());
    let read = desk.engine.answers_import(&operator(), input, AnswerFormat::Jsonl).await;
    assert!(read.is_err());
    assert_eq!(desk.store.responses_count().await.expect("counted"), 1);
}

#[tokio::test]
async fn recorded_answers_go_beside_the_sample_once() {
    let desk = Desk::answering(|seen| Script::reply(seen, "Never asked.")).await;
    let first = desk.engine.recorded_import(&operator()).await.expect("read");
    let again = desk.engine.recorded_import(&operator()).await.expect("read");
    assert_eq!((again.read, again.added), (first.read, 0));
}
