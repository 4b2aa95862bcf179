/// Canonical Base64 without padding, in both alphabets.
package enum ReferenceBase64: String {
    case url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    case standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    private static let values = Dictionary(
        uniqueKeysWithValues: [url, standard].map { alphabet in
            (alphabet, Dictionary(uniqueKeysWithValues: zip(alphabet.rawValue.utf8, 0..<64)))
        }
    )

    /// Returns the bytes of a text, or nil if the text is not canonical.
    ///
    /// A canonical text has no other characters, no length of 4n + 1, and no bits set after the last byte.
    package func decode(_ text: [UInt8]) -> [UInt8]? {
        let values = Self.values[self] ?? [:]
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        var bits = 0
        var bitCount = 0
        for character in text {
            guard let value = values[character] else { return nil }
            bits = bits << 6 | value
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(bits >> bitCount))
                bits &= 1 << bitCount - 1
            }
        }
        return bits == 0 ? bytes : nil
    }

    package func encode(_ bytes: [UInt8]) -> [UInt8] {
        let alphabet = Array(rawValue.utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = (0..<3).reduce(0) { $0 << 8 | ($1 < group.count ? Int(group[start + $1]) : 0) }
            for place in 0...group.count { text.append(alphabet[bits >> (18 - 6 * place) & 63]) }
        }
        return text
    }
}
