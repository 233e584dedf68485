//! From the text of an XPath to what is matched, by recursive descent; what is not known for sure is refused.

use super::{Axis, Leaf, Path, Step, Test, Value, XPath};
use crate::limits;

/// Why an XPath can't be used here, as words after "not understood: ".
type Refused = &'static str;

const POSITION: Refused = "positions and numbers mean the whole page";
const UNKNOWN: Refused = "this is no XPath of a kind that is known here";

impl XPath {
    /// Reads the XPath of a rule: paths that start with `/`, joined by `|`.
    pub(in crate::clean) fn read(text: &str) -> Result<Self, Refused> {
        if text.len() > limits::XPATH_BYTES_MAX {
            return Err("it is too long");
        }
        let mut reader = Reader {
            rest: text.trim(),
            depth: 0,
        };
        let mut paths = Vec::new();
        loop {
            reader.skip();
            if !reader.rest.starts_with('/') {
                return Err("it does not start with //");
            }
            match reader.path()? {
                (path, Leaf::Own) if !path.steps.is_empty() => paths.push(path),
                _ => return Err("it names no elements"),
            }
            if !reader.take("|") {
                break;
            }
        }
        match reader.rest {
            "" => Ok(Self(paths)),
            _ => Err(UNKNOWN),
        }
    }
}

/// A test or a value: which, shows what stands around it.
enum Operand {
    Test(Test),
    Value(Value),
}

struct Reader<'t> {
    rest: &'t str,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Takes a sign, and the space on both sides of it.
    fn take(&mut self, sign: &str) -> bool {
        self.skip();
        let Some(rest) = self.rest.strip_prefix(sign) else {
            return false;
        };
        self.rest = rest.trim_start();
        true
    }

    fn need(&mut self, sign: &str) -> Result<(), Refused> {
        self.take(sign).then_some(()).ok_or(UNKNOWN)
    }

    /// A name, in lower case; `None` where none stands.
    fn name(&mut self) -> Option<String> {
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        let mut end = self.rest.find(|c| !fits(c)).unwrap_or(self.rest.len());
        // A prefix belongs to the name of an attribute (`xml:lang`), an axis does not.
        let tail = &self.rest[end..];
        if tail.starts_with(':') && !tail.starts_with("::") && end > 0 {
            let inner = &tail[1..];
            end += 1 + inner.find(|c| !fits(c)).unwrap_or(inner.len());
        }
        let (name, rest) = self.rest.split_at(end);
        let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
        is_name.then(|| {
            self.rest = rest;
            name.to_ascii_lowercase()
        })
    }

    /// A word between operands: `and`, `or`.
    fn word(&mut self, word: &str) -> bool {
        self.skip();
        let rest = self.rest.strip_prefix(word);
        let ends = |rest: &&str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-');
        let Some(rest) = rest.filter(ends) else {
            return false;
        };
        self.rest = rest.trim_start();
        true
    }

    fn path(&mut self) -> Result<(Path, Leaf), Refused> {
        self.skip();
        let mut path = Path {
            absolute: self.rest.starts_with('/'),
            steps: Vec::new(),
        };
        let mut deep = self.take("//");
        if !deep && path.absolute {
            self.take("/");
        }
        loop {
            if let Some(leaf) = self.leaf(deep)? {
                return Ok((path, leaf));
            }
            path.steps.extend(self.step(deep)?);
            deep = self.take("//");
            if !deep && !self.take("/") {
                return Ok((path, Leaf::Own));
            }
        }
    }

    /// An attribute or `text()`, which ends a path.
    fn leaf(&mut self, deep: bool) -> Result<Option<Leaf>, Refused> {
        let leaf = if self.take("@") {
            Leaf::Attribute(self.name().ok_or(UNKNOWN)?)
        } else if self.rest.starts_with("text()") {
            self.take("text()");
            Leaf::Text
        } else {
            return Ok(None);
        };
        if deep || self.rest.starts_with(['/', '[']) {
            return Err(UNKNOWN);
        }
        Ok(Some(leaf))
    }

    /// One step with its tests; `.` is none.
    fn step(&mut self, deep: bool) -> Result<Option<Step>, Refused> {
        let (axis, name) = if self.take("..") {
            (Axis::Parent, None)
        } else if self.take(".") {
            let ends = !deep && !self.rest.starts_with('[');
            return ends.then_some(None).ok_or(UNKNOWN);
        } else {
            self.named_step()?
        };
        let axis = match (deep, axis) {
            (false, axis) => axis,
            (true, Axis::Child | Axis::Descendant) => Axis::Descendant,
            (true, _) => return Err(UNKNOWN),
        };
        let mut tests = Vec::new();
        while self.take("[") {
            tests.push(self.nested(Self::any)?);
            self.need("]")?;
        }
        Ok(Some(Step { axis, name, tests }))
    }

    fn named_step(&mut self) -> Result<(Axis, Option<String>), Refused> {
        if self.take("*") {
            return Ok((Axis::Child, None));
        }
        let name = self.name().ok_or(UNKNOWN)?;
        if self.take("::") {
            let axis = match name.as_str() {
                "self" => Axis::Own,
                "child" => Axis::Child,
                "descendant" => Axis::Descendant,
                "parent" => Axis::Parent,
                "ancestor" => Axis::Ancestor,
                "following-sibling" => Axis::Following,
                "preceding-sibling" => Axis::Preceding,
                _ => return Err(UNKNOWN),
            };
            let name = if self.take("*") {
                None
            } else {
                Some(self.name().ok_or(UNKNOWN)?)
            };
            return (!self.rest.starts_with('('))
                .then_some((axis, name))
                .ok_or(UNKNOWN);
        }
        // A function, or a kind of node that is no element.
        if self.rest.starts_with('(') {
            return Err(UNKNOWN);
        }
        Ok((Axis::Child, Some(name)))
    }

    /// Reads what may hold tests itself, as deep as the limit allows.
    fn nested<T>(&mut self, read: fn(&mut Self) -> Result<T, Refused>) -> Result<T, Refused> {
        if self.depth == limits::XPATH_DEPTH_MAX {
            return Err("it is nested too deeply");
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn any(&mut self) -> Result<Test, Refused> {
        let mut tests = vec![self.all()?];
        while self.word("or") {
            tests.push(self.all()?);
        }
        Ok(one_or(tests, Test::Any))
    }

    fn all(&mut self) -> Result<Test, Refused> {
        let mut tests = vec![self.comparison()?];
        while self.word("and") {
            tests.push(self.comparison()?);
        }
        Ok(one_or(tests, Test::All))
    }

    fn comparison(&mut self) -> Result<Test, Refused> {
        let left = match self.operand()? {
            Operand::Test(test) => return Ok(test),
            Operand::Value(value) => value,
        };
        let make = if self.take("!=") {
            Test::Unequal
        } else if self.take("=") {
            Test::Equal
        } else {
            return match left {
                Value::Of(path, leaf) => Ok(Test::Exists(path, leaf)),
                _ => Err(UNKNOWN),
            };
        };
        Ok(make(left, self.value()?))
    }

    fn value(&mut self) -> Result<Value, Refused> {
        match self.nested(Self::operand)? {
            Operand::Value(value) => Ok(value),
            Operand::Test(_) => Err(UNKNOWN),
        }
    }

    fn operand(&mut self) -> Result<Operand, Refused> {
        self.skip();
        if let Some(quote) = self.rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            let (text, rest) = self.rest[1..].split_once(quote).ok_or(UNKNOWN)?;
            self.rest = rest;
            self.skip();
            return Ok(Operand::Value(Value::Literal(text.to_owned())));
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(POSITION);
        }
        if self.take("(") {
            let test = self.nested(Self::any)?;
            self.need(")")?;
            return Ok(Operand::Test(test));
        }
        if let Some(function) = self.function() {
            return self.call(function);
        }
        let (path, leaf) = self.path()?;
        Ok(Operand::Value(Value::Of(path, leaf)))
    }

    /// The name of a function and its bracket, if that is what comes next.
    fn function(&mut self) -> Option<&'t str> {
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))?;
        let (name, rest) = self.rest.split_at(end);
        let rest = rest.trim_start().strip_prefix('(')?;
        if name.is_empty() || name == "text" {
            return None;
        }
        self.rest = rest.trim_start();
        Some(name)
    }

    fn call(&mut self, function: &str) -> Result<Operand, Refused> {
        let operand = match function {
            "contains" | "starts-with" => {
                let whole = self.value()?;
                self.need(",")?;
                let part = self.value()?;
                // Every text contains the empty one: a slip would take everything.
                if part == Value::Literal(String::new()) {
                    return Err("the text to find is empty");
                }
                let contains = function == "contains";
                let make = if contains {
                    Test::Contains
                } else {
                    Test::Starts
                };
                Operand::Test(make(whole, part))
            }
            "not" => Operand::Test(Test::Not(Box::new(self.nested(Self::any)?))),
            "normalize-space" | "string" if self.rest.starts_with(')') => {
                let own = Value::Of(Path::default(), Leaf::Own);
                Operand::Value(match function {
                    "string" => own,
                    _ => Value::Normal(Box::new(own)),
                })
            }
            "normalize-space" => Operand::Value(Value::Normal(Box::new(self.value()?))),
            "concat" => {
                let mut values = vec![self.value()?];
                while self.take(",") {
                    values.push(self.value()?);
                }
                Operand::Value(Value::Concat(values))
            }
            "position" | "last" | "count" => return Err(POSITION),
            _ => return Err("it calls a function that is not known here"),
        };
        self.need(")")?;
        Ok(operand)
    }
}

fn one_or(mut tests: Vec<Test>, many: fn(Vec<Test>) -> Test) -> Test {
    match tests.len() {
        1 => tests.remove(0),
        _ => many(tests),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Refused) {
        assert_eq!(XPath::read(text), Err(expected));
    }

    #[test]
    fn what_means_the_whole_page() {
        check("//div[1]", POSITION);
        check("//p[position()<3]", POSITION);
        check("//p[last()]", POSITION);
        check("(//p)[2]", "it does not start with //");
        check("div[@class='x']", "it does not start with //");
    }

    #[test]
    fn what_is_not_elements() {
        check("//div/@style", "it names no elements");
        check("//p/text()", "it names no elements");
        check("//comment()", UNKNOWN);
        check("//@style", UNKNOWN);
        check("/", UNKNOWN);
        check("/.", "it names no elements");
    }

    #[test]
    fn slips() {
        check("", "it does not start with //");
        check("//", UNKNOWN);
        check("//div[", UNKNOWN);
        check("//div[@class='x'", UNKNOWN);
        check("//div[@class='x]", UNKNOWN);
        check("//div[@class=’x’]", UNKNOWN);
        check("//div]", UNKNOWN);
        check("//div |", "it does not start with //");
        check("//div['x']", UNKNOWN);
        check("//div[contains(@class, '')]", "the text to find is empty");
        check("//div[contains(@class)]", UNKNOWN);
        check(
            "//div[lower-case(@class)='x']",
            "it calls a function that is not known here",
        );
        check("//div[@a > 'x']", UNKNOWN);
        check("//é[ü", UNKNOWN);
    }

    #[test]
    fn hostile_ones() {
        check(
            &format!("//a{}", "[a".repeat(300)),
            "it is nested too deeply",
        );
        check(
            &format!("//a[{}", "(".repeat(900)),
            "it is nested too deeply",
        );
        check(&"/a".repeat(5_000), "it is too long");
    }
}
