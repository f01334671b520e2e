//! JSON as JavaScript's `JSON.stringify` writes it: receivers of webhooks parse the body, write it again and compare a
//! signature, so every byte must come out the same. Blanks and escapes are those of `serde_json` anyway; what differs is
//! fractions (`53.0` is `53`, `1e-6` is `0.000001` there).
//!
//! Refuses to know: what is written.

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};
use std::io;

/// A value as `JSON.stringify` writes it, without blanks.
pub fn compact(value: &impl Serialize) -> String {
    let mut text = Vec::with_capacity(512);
    // Bodies hold nothing that JSON cannot.
    let written = value.serialize(&mut Serializer::with_formatter(&mut text, Script));
    debug_assert!(written.is_ok(), "{written:?}");
    String::from_utf8(text).unwrap_or_default()
}

/// See the module's text.
struct Script;

impl Formatter for Script {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        if value.is_finite() { writer.write_all(number(value).as_bytes()) } else { CompactFormatter.write_null(writer) }
    }
}

/// A finite number as ECMA-262 writes it (Number::toString): the fewest digits that lead back to it, without an
/// exponent from 1e-6 to below 1e21.
fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    // Rust's `{:e}` has the same digits: d.ddde±x.
    let text = format!("{:e}", value.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = mantissa.replace('.', "");
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    // The point stands after so many digits.
    let point = exponent.parse::<i32>().unwrap_or(0) + 1;
    let zeros = |n: i32| "0".repeat(usize::try_from(n).unwrap_or(0));
    let split = |at: i32| digits.split_at(usize::try_from(at).unwrap_or(0));
    let plain = match point {
        p if (count..=21).contains(&p) => format!("{digits}{}", zeros(p - count)),
        p if (1..=21).contains(&p) => {
            let (whole, rest) = split(p);
            format!("{whole}.{rest}")
        }
        p if (-5..=0).contains(&p) => format!("0.{}{digits}", zeros(-p)),
        p => {
            let (first, rest) = split(1);
            let rest = if rest.is_empty() { String::new() } else { format!(".{rest}") };
            let sign = if p > 0 { '+' } else { '-' };
            format!("{first}{rest}e{sign}{}", (p - 1).abs())
        }
    };
    if value < 0.0 { format!("-{plain}") } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn numbers_are_written_as_javascript_writes_them() {
        for (value, text) in [
            (53.0, "53"),
            (-0.0, "0"),
            (-6.2603, "-6.2603"),
            (0.000_001, "0.000001"),
            (1.5e-7, "1.5e-7"),
            (1e-7, "1e-7"),
            (1e21, "1e+21"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (0.1 + 0.2, "0.30000000000000004"),
            (-1.7976931348623157e308, "-1.7976931348623157e+308"),
            (5e-324, "5e-324"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn there_are_no_blanks_and_only_the_escapes_that_must_be() {
        let value = json!({ "a": ["é\u{2028}😀", "\"\\/\u{7f}\u{1}\n", 1.0, null] });
        assert_eq!(compact(&value), "{\"a\":[\"é\u{2028}😀\",\"\\\"\\\\/\u{7f}\\u0001\\n\",1,null]}");
    }

    proptest! {
        #[test]
        fn every_number_leads_back_to_itself(value in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL) {
            prop_assert_eq!(number(value).parse::<f64>().ok(), Some(value));
        }
    }
}
