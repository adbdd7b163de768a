//! A question as a line of text.

use std::fmt;

use bailiwick_policy::decision::{Ask, Context, Request, Subject};

/// What is asked of a scene, owning its text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Question {
    /// Another org than the scene's.
    pub org: Option<String>,
    /// Whose access: `type:id`.
    pub subject: String,
    /// A method, or what is done.
    pub action: String,
    /// A path, or `module:…`, `scope:…`, `entity:…`.
    pub resource: String,
    /// Where.
    pub place: Option<String>,
    /// About one instance.
    pub instance: bool,
    /// Who created it.
    pub created_by: Option<String>,
    /// Whom it is assigned to.
    pub assigned_to: Option<String>,
    /// The type in the body of a call.
    pub body_type: Option<String>,
}

impl Question {
    /// Reads a line about a subject: the answer, and what was asked.
    pub fn read(subject: &str, line: &str) -> Result<(Self, bool), String> {
        let (asked, options) = line.split_once(" | ").unwrap_or((line, ""));
        let no = || "a line is `permit` or `deny`, an action and a resource, and options after ` | `".to_owned();
        let (answer, asked) = asked.split_once(' ').ok_or_else(no)?;
        let (action, resource) = asked.split_once(' ').ok_or_else(no)?;
        let permit = match answer {
            "permit" => true,
            "deny" => false,
            _other => return Err(no()),
        };
        let mut question = Self { subject: subject.to_owned(), action: action.to_owned(), resource: resource.to_owned(), ..Self::default() };
        for option in options.split_whitespace() {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            let value = value.to_owned();
            match key {
                "org" => question.org = Some(value),
                "place" => question.place = Some(value),
                "instance" => question.instance = true,
                "created-by" => question.created_by = Some(value),
                "assigned-to" => question.assigned_to = Some(value),
                "body-type" => question.body_type = Some(value),
                _other => return Err(format!("`{key}` is no option: there are org, place, instance, created-by, assigned-to and body-type")),
            }
        }
        Ok((question, permit))
    }

    /// The line that reads as this question, with an answer.
    pub fn line(&self, permit: bool) -> String {
        format!("{} {}", if permit { "permit" } else { "deny" }, Asked(self))
    }

    /// The question as the policy takes it, about an org unless it names another.
    pub fn request<'a>(&'a self, org: &'a str) -> Result<Request<'a>, String> {
        let context = Context {
            place: self.place.as_deref(),
            instance: self.instance,
            created_by: self.created_by.as_deref(),
            assigned_to: self.assigned_to.as_deref(),
            body_type: self.body_type.as_deref(),
        };
        let ask = Ask::parse(&self.action, &self.resource)?;
        Ok(Request { org: self.org.as_deref().unwrap_or(org), subject: Subject::parse(&self.subject)?, ask, context })
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, Asked(self))
    }
}

/// A line without its answer.
struct Asked<'a>(&'a Question);

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(question) = self;
        write!(f, "{} {}", question.action, question.resource)?;
        let options = [
            ("org", &question.org),
            ("place", &question.place),
            ("created-by", &question.created_by),
            ("assigned-to", &question.assigned_to),
            ("body-type", &question.body_type),
        ];
        let mut options: Vec<String> = options.into_iter().filter_map(|(key, value)| Some(format!("{key}={}", value.as_ref()?))).collect();
        if question.instance {
            options.push("instance".to_owned());
        }
        if options.is_empty() { Ok(()) } else { write!(f, " | {}", options.join(" ")) }
    }
}
