//! Writing robots.txt groups.

use std::fmt::Write as _;

use super::Group;

/// Writes groups as they would be read back; a path that could break out of its line is left out.
///
/// # Examples
/// ```
/// # use placet_signals::robots::{parse, write};
/// let (robots, _) = parse(b"User-agent: GPTBot\nDisallow: /\n");
/// assert_eq!(write(&robots.groups), "User-agent: GPTBot\nDisallow: /\n");
/// ```
pub fn write(groups: &[Group]) -> String {
    let mut out = String::new();
    for (i, group) in groups.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        for agent in &group.agents {
            line(&mut out, "User-agent", &agent.value);
        }
        for extension in &group.extensions {
            line(&mut out, &extension.key, &extension.value);
        }
        for rule in &group.rules {
            line(&mut out, if rule.allow { "Allow" } else { "Disallow" }, &rule.pattern);
        }
        // Without a rule the next group's agents would join this one.
        if group.rules.is_empty() {
            line(&mut out, "Disallow", "");
        }
    }
    out
}

fn line(out: &mut String, key: &str, value: &str) {
    if value.contains(['\n', '\r', '#']) || key.contains(['\n', '\r', '#', ':']) {
        return;
    }
    let gap = if value.is_empty() { "" } else { " " };
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{key}:{gap}{value}");
}
