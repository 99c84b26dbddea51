//! Header fields for web servers, and elements for pages.

/// What is said over HTTP.
pub(super) struct Said<'a> {
    pub(super) reserved: Option<bool>,
    pub(super) policy: Option<&'a str>,
    pub(super) content_usage: Option<&'a str>,
    pub(super) content_signal: Option<&'a str>,
    pub(super) words: &'a [&'static str],
    pub(super) licence: Option<&'static str>,
}

/// A piece of configuration or markup for somebody to put where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// File name.
    pub name: &'static str,
    /// Where it belongs, in words.
    pub belongs: &'static str,
    /// The text.
    pub text: String,
}

/// Header fields, in order.
pub(super) fn headers(said: &Said<'_>) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        fields.extend(value.map(|v| (name.to_owned(), v)));
    };
    add("TDM-Reservation", said.reserved.map(|r| u8::from(r).to_string()));
    add("TDM-Policy", said.policy.map(str::to_owned));
    add("Content-Usage", said.content_usage.map(str::to_owned));
    add("Content-Signal", said.content_signal.map(str::to_owned));
    add("X-Robots-Tag", (!said.words.is_empty()).then(|| said.words.join(", ")));
    let link = |path| format!("</{path}>; rel=\"license\"; type=\"{}\"", crate::rsl::MEDIA_TYPE);
    add("Link", said.licence.map(link));
    fields
}

/// Elements for the head of every page.
pub(super) fn meta(
    reserved: Option<bool>,
    policy: Option<&str>,
    words: &[&str],
    licence: Option<&str>,
) -> String {
    let mut out = String::new();
    let mut meta = |name: &str, content: &str| {
        out.push_str(&format!("<meta name=\"{name}\" content=\"{}\">\n", escaped(content)));
    };
    if let Some(reserved) = reserved {
        meta("tdm-reservation", if reserved { "1" } else { "0" });
    }
    if let Some(policy) = policy {
        meta("tdm-policy", policy);
    }
    if !words.is_empty() {
        meta("robots", &words.join(", "));
    }
    if let Some(path) = licence {
        let media_type = crate::rsl::MEDIA_TYPE;
        out.push_str(&format!("<link rel=\"license\" type=\"{media_type}\" href=\"/{path}\">\n"));
    }
    out
}

/// The reservation for books: ONIX (code lists 145 and 146) and the package documents of EPUB 2 and 3.
pub fn books(reserved: bool) -> Vec<Snippet> {
    let (bit, status) = if reserved { ("1", "03") } else { ("0", "01") };
    vec![
        Snippet {
            name: "onix.xml",
            belongs: "ONIX 3: into the <DescriptiveDetail> of a product",
            text: format!(
                "<EpubUsageConstraint>\n  <EpubUsageType>11</EpubUsageType>\n  \
                 <EpubUsageStatus>{status}</EpubUsageStatus>\n</EpubUsageConstraint>\n"
            ),
        },
        Snippet {
            name: "epub2.opf",
            belongs: "EPUB 2: into the <metadata> of the package document",
            text: format!("<meta name=\"tdm:reservation\" content=\"{bit}\"/>\n"),
        },
        Snippet {
            name: "epub3.opf",
            belongs: "EPUB 3: into the <metadata>, with prefix=\"tdm: http://www.w3.org/ns/tdmrep#\" on <package>",
            text: format!("<meta property=\"tdm:reservation\">{bit}</meta>\n"),
        },
    ]
}

/// The same header fields for the common web servers, and the elements for pages.
pub fn snippets(headers: &[(String, String)], meta: &str) -> Vec<Snippet> {
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let lines = |line: &dyn Fn(&str, &str) -> String| -> String {
        headers.iter().map(|(name, value)| line(name, value)).collect()
    };
    let nginx = lines(&|n, v| format!("add_header {n} \"{}\" always;\n", quoted(v)));
    let apache = lines(&|n, v| format!("Header always add {n} \"{}\"\n", quoted(v)));
    let caddy = lines(&|n, v| format!("\t+{n} \"{}\"\n", quoted(v)));
    let mut snippets = vec![
        Snippet { name: "nginx.conf", belongs: "nginx: into the `server` block", text: nginx },
        Snippet {
            name: "apache.conf",
            belongs: "Apache: into the virtual host or .htaccess (mod_headers)",
            text: apache,
        },
        Snippet {
            name: "Caddyfile",
            belongs: "Caddy: into the site block",
            text: if caddy.is_empty() { String::new() } else { format!("header {{\n{caddy}}}\n") },
        },
        Snippet { name: "head.html", belongs: "into the <head> of every page", text: meta.to_owned() },
    ];
    snippets.retain(|s| !s.text.is_empty());
    snippets
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
