internal import KMJOSE
internal import KMPrimitives

/// What an issuer may have hashed in place of using a keyed hash.
enum HashedForm: CaseIterable {
    case digits, digitsAndLineFeed, digitsAndLineEnd, digest, digestText

    /// Returns the digest of a PAN in this form, or nil if the hash is not available.
    func digest(_ digits: [UInt8], by hash: PlainHash) -> [UInt8]? {
        switch self {
        case .digits: hash.digest(digits)
        case .digitsAndLineFeed: hash.digest(digits + [0x0A])
        case .digitsAndLineEnd: hash.digest(digits + [0x0D, 0x0A])
        case .digest: hash.digest(digits).flatMap(hash.digest)
        case .digestText: hash.digest(digits).flatMap { hash.digest(Array(hexadecimal($0).utf8)) }
        }
    }

    /// The name of what is hashed, in a sentence.
    func name(_ hash: PlainHash) -> String {
        switch self {
        case .digits: "the \(hash.name) hash of the PAN"
        case .digitsAndLineFeed: "the \(hash.name) hash of the PAN and a line feed"
        case .digitsAndLineEnd: "the \(hash.name) hash of the PAN and CRLF"
        case .digest: "the \(hash.name) hash of the \(hash.name) hash of the PAN"
        case .digestText: "the \(hash.name) hash of the hexadecimal \(hash.name) hash of the PAN"
        }
    }
}

/// How an issuer may have written a digest as text.
enum DigestText: CaseIterable {
    case hexadecimal, base64, base64URL, lettersOfBase64, base36, paddedBase36, base36Fraction, remainders36

    /// The name, in a sentence.
    var name: String {
        switch self {
        case .hexadecimal: "hexadecimal"
        case .base64: "Base64"
        case .base64URL: "base64url"
        case .lettersOfBase64: "Base64 without other characters than digits and letters"
        case .base36, .paddedBase36: "base 36"
        case .base36Fraction: "base 36, as a fraction"
        case .remainders36: "base 36, a character for each byte"
        }
    }

    private static let characters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)

    /// Returns the text of a digest.
    ///
    /// - Parameters:
    ///   - digest: The digest.
    ///   - isMixedCase: Whether to keep the case of letters; otherwise they are in upper case.
    /// - Returns: The text in ASCII.
    func text(_ digest: [UInt8], isMixedCase: Bool) -> [UInt8] {
        switch self {
        case .hexadecimal: digest.flatMap { [Self.characters[Int($0 >> 4)], Self.characters[Int($0 & 15)]] }
        case .base64: Self.folded(Base64.standard.encode(digest), isMixedCase)
        case .base64URL: Self.folded(Base64.url.encode(digest), isMixedCase)
        case .lettersOfBase64: Self.folded(Base64.url.encode(digest), isMixedCase).filter(\.isAlphanumeric)
        case .base36: Array(Self.number(digest).drop { $0 == 0x30 })
        case .paddedBase36: Self.number(digest)
        case .base36Fraction: Self.fraction(digest)
        case .remainders36: digest.map { Self.characters[Int($0 % 36)] }
        }
    }

    private static func folded(_ text: String, _ isMixedCase: Bool) -> [UInt8] {
        Array((isMixedCase ? text : text.uppercased()).utf8)
    }

    /// Returns the digits of a big-endian number, with leading zeros for its size.
    private static func number(_ digest: [UInt8]) -> [UInt8] {
        // 36^5 is the largest power of 36 below 2^32.
        let power: UInt64 = 60_466_176
        var limbs = stride(from: 0, to: digest.count, by: 4).map { start in
            digest[start..<min(start + 4, digest.count)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        let count = (digest.count * 8 * 1000 + 5168) / 5169 + 1
        var text: [UInt8] = []
        while text.count < count {
            var rest: UInt64 = 0
            for index in limbs.indices {
                let part = rest << 32 | limbs[index]
                limbs[index] = part / power
                rest = part % power
            }
            for _ in 0..<5 {
                text.append(characters[Int(rest % 36)])
                rest /= 36
            }
        }
        return text.prefix(count - 1).reversed()
    }

    /// Returns the first digits of a big-endian fraction.
    private static func fraction(_ digest: [UInt8]) -> [UInt8] {
        var limbs = stride(from: 0, to: digest.count, by: 4).map { start in
            digest[start..<min(start + 4, digest.count)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        return (0..<min(25, digest.count)).map { _ in
            var carry: UInt64 = 0
            for index in limbs.indices.reversed() {
                let part = limbs[index] * 36 + carry
                limbs[index] = part & 0xFFFF_FFFF
                carry = part >> 32
            }
            return characters[Int(carry)]
        }
    }
}
