//! Tests of a policy, as a file: questions with the answers that are expected.

use std::path::Path;

use bailiwick_policy::impact::counted;
use serde::Deserialize;
use serde_json::json;

use super::api::Api;
use super::args::{Asked, Question};
use super::check;
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::out::Out;

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct File {
    tests: Vec<Case>,
}

/// A question with its answer.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Case {
    /// What it is called in the report.
    #[serde(default)]
    name: Option<String>,
    subject: String,
    #[serde(default)]
    action: Option<String>,
    #[serde(default)]
    resource: Option<String>,
    #[serde(default)]
    module: Option<String>,
    #[serde(default)]
    scope: Option<String>,
    #[serde(default)]
    entity: Option<String>,
    #[serde(default, rename = "do")]
    act: Option<String>,
    #[serde(default)]
    place: Option<String>,
    #[serde(default)]
    instance: bool,
    #[serde(default)]
    created_by: Option<String>,
    #[serde(default)]
    assigned_to: Option<String>,
    #[serde(default)]
    body_type: Option<String>,
    expect: Expected,
    /// The reason, if it matters.
    #[serde(default)]
    reason: Option<String>,
    /// The obligations, if they matter, in the order in which they are given.
    #[serde(default)]
    obligations: Option<Vec<String>>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
enum Expected {
    Permit,
    Deny,
}

impl Expected {
    fn word(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Deny => "deny",
        }
    }
}

impl Case {
    fn question(&self) -> Question {
        Question {
            subject: self.subject.clone(),
            asked: Asked {
                action: self.action.clone(),
                resource: self.resource.clone(),
                module: self.module.clone(),
                scope: self.scope.clone(),
                entity: self.entity.clone(),
                act: self.act.clone(),
                place: self.place.clone(),
            },
            instance: self.instance,
            created_by: self.created_by.clone(),
            assigned_to: self.assigned_to.clone(),
            body_type: self.body_type.clone(),
        }
    }

    fn shown(&self, number: usize) -> String {
        match &self.name {
            Some(name) => format!("{number} ({name})"),
            None => format!("{number} ({})", self.subject),
        }
    }
}

/// Asks every question of the file; fails if any answer is another than expected.
pub(crate) async fn run<A: Api>(context: &Context<'_, A>, path: &Path, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| Trouble::Local(format!("{shown}: {error}")))?;
    let file: File = serde_saphyr::from_str(&text).map_err(|error| Trouble::Local(format!("{shown}: {error}")))?;
    if file.tests.is_empty() {
        return Err(Trouble::Local(format!("{shown}: `tests` is empty: a file that asks nothing proves nothing")));
    }
    let mut failed = Vec::new();
    for (number, case) in (1..).zip(&file.tests) {
        let at = |trouble: Trouble| match trouble {
            Trouble::Usage(why) => Trouble::Local(format!("{shown}: test {}: {why}", case.shown(number))),
            Trouble::Local(why) => Trouble::Local(format!("{shown}: test {}: {why}", case.shown(number))),
            other @ (Trouble::Call(_) | Trouble::ReaderGone) => other,
        };
        let request = check::request(context, &case.question()).map_err(at)?;
        let reply = context.api.check(request).await?;
        let wrong = if reply.decision != case.expect.word() {
            Some(format!("expected {}, and it is {} ({})", case.expect.word(), reply.decision, reply.reason))
        } else if case.reason.as_ref().is_some_and(|reason| reply.reason != *reason) {
            Some(format!("expected the reason {}, and it is {}", case.reason.as_deref().unwrap_or_default(), reply.reason))
        } else if case.obligations.as_ref().is_some_and(|obligations| reply.obligations != *obligations) {
            let wanted = case.obligations.as_deref().unwrap_or_default().join(", ");
            Some(format!("expected the obligations [{wanted}], and they are [{}]", reply.obligations.join(", ")))
        } else {
            None
        };
        if let Some(wrong) = wrong {
            if !out.json {
                out.line(&format!("FAILED test {}: {wrong}", case.shown(number)))?;
            }
            failed.push(json!({"test": number, "name": case.name, "subject": case.subject, "wrong": wrong}));
        }
    }
    let (all, bad) = (file.tests.len() as u64, failed.len() as u64);
    if out.json {
        out.value(&json!({"tests": all, "failed": failed}))?;
    } else {
        out.line(&format!("{}: {} passed, {bad} failed", counted(all, "test"), all - bad))?;
    }
    Ok(if failed.is_empty() { Exit::Done } else { Exit::Failed })
}
