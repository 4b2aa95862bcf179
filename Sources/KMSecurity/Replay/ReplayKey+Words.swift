extension ReplayKey {
    /// Creates a key from the four big-endian words of a digest, for a store that keeps binary keys.
    package init(wordsOfDigest words: SIMD4<UInt64>) { self.words = words }

    /// The digest as four big-endian words.
    package var wordsOfDigest: SIMD4<UInt64> { words }
}
