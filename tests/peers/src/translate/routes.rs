//! Which endpoint a call reaches. Cedar has no notion of paths, so this is ours on both sides; it is written anew here,
//! from the rules, as a filter over all templates.

use bailiwick_policy::document::EndpointPart;
use bailiwick_policy::platform::PlatformEndpoint;

use super::{Plant, Source};

/// A template, compared segment by segment.
pub struct Route<'a> {
    /// Method, blank, template with its parameters unnamed.
    pub id: String,
    /// The method alone.
    pub method: String,
    /// Literals, and none for parameters.
    segments: Vec<Option<String>>,
    /// The names of its parameters.
    parameters: Vec<String>,
    /// Braces that don't balance: kept, and reached by nothing.
    broken: bool,
    /// Whose it is.
    pub of: Of<'a>,
}

/// Whose an endpoint is.
#[derive(Clone, Copy)]
pub enum Of<'a> {
    /// The org's, from its document.
    Org(&'a EndpointPart),
    /// The platform's, from the catalogue.
    Platform(&'a PlatformEndpoint),
}

/// An endpoint that was reached.
#[derive(Clone, Debug)]
pub struct Reached {
    /// The route's id.
    pub id: String,
    /// It only looks.
    pub looks: bool,
    /// It makes an instance.
    pub creates: bool,
    /// It is about one instance.
    pub instance: bool,
    /// What its last parameter took.
    pub last: Option<String>,
}

/// All routes of an org, the platform's beneath.
pub struct Routes {
    all: Vec<Owned>,
    parameter_first: bool,
}

/// What a request needs of a route.
struct Owned {
    method: String,
    segments: Vec<Option<String>>,
    reached: Reached,
}

impl<'a> Route<'a> {
    fn new(key: &str, of: Of<'a>) -> Option<Self> {
        let (method, template) = key.split_once(' ')?;
        let mut broken = false;
        let segments: Vec<Option<String>> = template
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| {
                let depths = segment.chars().scan(0i32, |depth, c| {
                    *depth += i32::from(c == '{') - i32::from(c == '}');
                    Some(*depth)
                });
                let depths: Vec<i32> = depths.collect();
                let braced = segment.contains(['{', '}']);
                let fine = depths.iter().all(|depth| *depth >= 0) && depths.last() == Some(&0);
                broken |= braced && !fine;
                (!braced || !fine).then(|| segment.to_owned())
            })
            .collect();
        let shown = segments.iter().map(|segment| format!("/{}", segment.as_deref().unwrap_or("{}"))).collect::<String>();
        let id = format!("{method} {}", if shown.is_empty() { "/" } else { &shown });
        let parameters = template.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())).collect();
        Some(Self { id, method: method.to_owned(), segments, parameters, broken, of })
    }

    /// Read or write: as said, else by the method.
    pub fn reads(&self) -> bool {
        match self.of {
            Of::Org(EndpointPart { level: Some(level), .. }) => level.to_string() == "Read",
            Of::Org(EndpointPart { level: None, .. }) | Of::Platform(_) => ["GET", "HEAD"].contains(&self.method.as_str()),
        }
    }

    /// About one instance: as said, else if the template has a parameter other than the tenant's.
    fn about_one(&self, part: &EndpointPart) -> bool {
        let said = serde_json::to_value(part).ok().and_then(|part| part.get("instance")?.as_bool());
        said.unwrap_or_else(|| self.parameters.iter().any(|name| name != "tenant"))
    }

    fn reached(&self) -> Reached {
        let instance = match self.of {
            Of::Org(part) => self.about_one(part),
            Of::Platform(_) => false,
        };
        let creates = self.method == "POST" && !self.reads() && !instance;
        Reached { id: self.id.clone(), looks: self.reads(), creates, instance, last: None }
    }
}

/// The routes of an org, those of the platform that it hides left out.
pub fn routes<'a>(source: &Source<'a>) -> Vec<Route<'a>> {
    let own: Vec<Route<'a>> = source.document.endpoints.iter().filter_map(|(key, part)| Route::new(key, Of::Org(part))).collect();
    let beneath = source.catalogue.endpoints.iter().filter_map(|endpoint| Route::new(endpoint.id.as_str(), Of::Platform(endpoint)));
    let beneath: Vec<Route<'a>> = beneath.filter(|route| own.iter().all(|other| other.id != route.id)).collect();
    own.into_iter().chain(beneath).collect()
}

impl Routes {
    /// The routes of a scene.
    pub fn of(source: &Source<'_>) -> Self {
        let usable = routes(source).into_iter().filter(|route| !route.broken);
        let all = usable.map(|route| Owned { reached: route.reached(), method: route.method, segments: route.segments }).collect();
        Self { all, parameter_first: source.planted(Plant::ParameterFirst) }
    }

    /// The endpoint of a call. HEAD has rows of its own, else GET's.
    pub fn find(&self, method: &str, path: &str) -> Option<Reached> {
        let path = segments(path)?;
        self.of_method(method, &path).or_else(|| if method == "HEAD" { self.of_method("GET", &path) } else { None })
    }

    fn of_method(&self, method: &str, path: &[String]) -> Option<Reached> {
        let fits = |route: &&Owned| {
            let same = |(wanted, given): (&Option<String>, &String)| wanted.as_ref().is_none_or(|wanted| wanted == given);
            route.method == method && route.segments.len() == path.len() && route.segments.iter().zip(path).all(same)
        };
        // From the left, a literal before a parameter.
        let rank = |route: &&Owned| route.segments.iter().map(|segment| segment.is_none() != self.parameter_first).collect::<Vec<bool>>();
        let best = self.all.iter().filter(fits).min_by_key(rank)?;
        let last = best.segments.iter().zip(path).rfind(|(wanted, _)| wanted.is_none());
        Some(Reached { last: last.map(|(_, given)| given.clone()), ..best.reached.clone() })
    }
}

/// The segments of a path, decoded once; none if it is malformed.
fn segments(path: &str) -> Option<Vec<String>> {
    let path = path.split('?').next()?.strip_prefix('/')?;
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Some(Vec::new());
    }
    path.split('/').map(decoded).collect()
}

fn decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    let odd = text.is_empty() || text == "." || text == ".." || text.contains(['/', '\0']);
    (!odd).then_some(text)
}

/// The value of a parameter of a path's query that occurs exactly once.
pub fn query_once(path: &str, name: &str) -> Option<String> {
    let query = path.split_once('?')?.1;
    let values: Vec<&str> = query.split('&').filter_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).collect();
    match values.as_slice() {
        [one] => Some((*one).to_owned()),
        [] | [..] => None,
    }
}
