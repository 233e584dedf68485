//! A hasher for keys that no stranger chooses: numbers of nodes, and names looked up in our own tables.
//!
//! It keeps nobody from making a table slow on purpose, so whatever holds strangers' strings as keys uses the
//! standard library's own.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// A map with this hasher.
pub(super) type QuickMap<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;

/// A set with this hasher.
pub(super) type QuickSet<T> = HashSet<T, BuildHasherDefault<Quick>>;

/// FNV-1a for bytes, and Fibonacci hashing (Knuth, volume 3, §6.4) for numbers.
#[derive(Default)]
pub(super) struct Quick(u64);

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn write_usize(&mut self, number: usize) {
        self.0 = (self.0 ^ number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        // The products' high bits are the good ones; maps look at both ends.
        self.0 ^ self.0 >> 32
    }
}
