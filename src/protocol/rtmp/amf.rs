//! Reading of AMF0 values (Action Message Format 0) as RTMP commands carry them.
//!
//! Refuses to know: what a value means. Never fails: reading ends where the bytes stop making sense, since encoders
//! append private values that do not matter to a publish.

use rml_rtmp::rml_amf0::Amf0Value as Value;
use std::collections::HashMap;

/// Objects nested deeper are not read. A connect command needs two levels; a hostile one would exhaust the stack.
const MAX_DEPTH: usize = 8;

/// The values at the start of `bytes`, up to the end or to the first one that cannot be read.
pub(super) fn values(bytes: &[u8]) -> Vec<Value> {
    let mut reader = Reader { rest: bytes };
    std::iter::from_fn(|| reader.value(0)).collect()
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        let [marker] = self.array()?;
        Some(match marker {
            0x00 => Value::Number(f64::from_be_bytes(self.array()?)),
            0x01 => Value::Boolean(self.array::<1>()? != [0]),
            0x02 => Value::Utf8String(self.short_text()?),
            0x03 => Value::Object(self.properties(depth)?),
            0x05 => Value::Null,
            0x06 | 0x0d => Value::Undefined,
            // The count of an associative array is only a hint; it ends like an object.
            0x08 => {
                self.array::<4>()?;
                Value::Object(self.properties(depth)?)
            }
            0x0a => {
                let count = u32::from_be_bytes(self.array()?);
                let items = (0..count).map_while(|_| self.value(depth + 1)).collect();
                Value::StrictArray(items)
            }
            // A date: milliseconds since 1970 and an unused time zone.
            0x0b => {
                let instant = f64::from_be_bytes(self.array()?);
                self.array::<2>()?;
                Value::Number(instant)
            }
            0x0c => {
                let length = u32::from_be_bytes(self.array()?);
                Value::Utf8String(self.text(length as usize)?)
            }
            _ => return None,
        })
    }

    fn properties(&mut self, depth: usize) -> Option<HashMap<String, Value>> {
        let mut properties = HashMap::new();
        loop {
            let name = self.short_text()?;
            if name.is_empty() && self.rest.first() == Some(&0x09) {
                self.array::<1>()?;
                return Some(properties);
            }
            let value = self.value(depth + 1)?;
            properties.insert(name, value);
        }
    }

    fn short_text(&mut self) -> Option<String> {
        let length = u16::from_be_bytes(self.array()?);
        self.text(usize::from(length))
    }

    fn text(&mut self, length: usize) -> Option<String> {
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i32>().prop_map(|number| Value::Number(f64::from(number))),
            any::<bool>().prop_map(Value::Boolean),
            ".{0,12}".prop_map(Value::Utf8String),
            Just(Value::Null),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::StrictArray),
                prop::collection::hash_map("[a-z]{1,8}", inner, 0..4).prop_map(Value::Object),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(written in prop::collection::vec(any_value(), 0..4)) {
            let bytes = rml_rtmp::rml_amf0::serialize(&written).unwrap();
            prop_assert_eq!(values(&bytes), written);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            values(&bytes);
        }
    }

    #[test]
    fn a_value_nested_without_end_is_given_up_instead_of_exhausting_the_stack() {
        let bytes = [0x03, 0x00, 0x01, b'a'].repeat(1_000_000);
        assert_eq!(values(&bytes), []);
    }

    #[test]
    fn values_before_damage_are_kept() {
        assert_eq!(values(&[0x05, 0x01, 0x01, 0x02, 0xff]), [Value::Null, Value::Boolean(true)]);
    }
}
