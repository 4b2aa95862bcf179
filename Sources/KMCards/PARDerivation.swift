internal import KMPrimitives

/// The message of the PARs that have one prefix and one key version, and the way from its MAC to the PAR.
///
/// The message has the PAR's format, prefix and key version, and the PAN. Its HMAC-SHA-256 is read as a fraction between
/// 0 and 1. The first 25 digits of that fraction in base 36 are the reference. The article on the derivation specifies
/// every step, with examples.
struct PARDerivation: Sendable {
    let version: UInt32
    private let prefix: PAR.Prefix
    /// The part of the message before the PAN.
    private let opening: DerivationMessage

    init(version: UInt32, prefix: PAR.Prefix) {
        self.version = version
        self.prefix = prefix
        var message = DerivationMessage(.reference)
        message.append(UInt8(prefix.format.characterCount))
        for index in 0..<prefix.format.prefixCharacterCount { message.append(prefix.characters[index]) }
        message.append(version)
        opening = message
    }

    /// Calls `body` with the message of a PAN that the caller has checked, and erases it.
    func withMessage<Result>(
        for pan: Span<UInt8>,
        _ body: (inout DerivationMessage) throws -> Result
    ) rethrows -> Result {
        var message = opening
        for index in pan.indices { message.append(pan[index]) }
        defer { message.cleanse() }
        return try body(&message)
    }

    /// Returns the PAR of the message that has the given MAC.
    func par(_ mac: HMACSHA256.MAC) -> PAR {
        var fraction = Fraction(words: mac.words)
        var characters = InlineArray<29, UInt8>(repeating: 0)
        for index in 0..<4 { characters[index] = prefix.characters[index] }
        let start = prefix.format.prefixCharacterCount
        let first = fraction.scale(by: 36)
        let middle = fraction.scale(by: Self.thirtySixToThe12)
        let last = fraction.scale(by: Self.thirtySixToThe12)
        characters[start] = Self.character(first)
        Self.put(middle, at: start + 1, in: &characters)
        Self.put(last, at: start + 13, in: &characters)
        return PAR(format: prefix.format, characters: characters)
    }

    /// Returns the message of a key check value.
    ///
    /// Its label differs from that of the PARs, so that the value reveals nothing about any PAR.
    static func keyCheckMessage(version: UInt32) -> DerivationMessage {
        var message = DerivationMessage(.keyCheck)
        message.append(version)
        return message
    }

    /// Returns the key check value of a MAC: its first five octets in upper-case hexadecimal.
    static func keyCheckValue(_ mac: HMACSHA256.MAC) -> String {
        mac.withBytes { octets in hexadecimal((0..<5).map { octets[$0] }).uppercased() }
    }

    /// Returns the key check value of a key.
    static func keyCheckValue(_ hmac: HMACSHA256, version: UInt32) throws -> String {
        keyCheckValue(try keyCheckMessage(version: version).mac(under: hmac))
    }

    /// 36 to the power of 12, the largest power of 36 that fits into 64 bits.
    private static let thirtySixToThe12: UInt64 = 4_738_381_338_321_616_896

    /// Writes the 12 base-36 digits of `number` at `start`.
    private static func put(_ number: UInt64, at start: Int, in text: inout InlineArray<29, UInt8>) {
        var rest = number
        for place in stride(from: start + 11, through: start, by: -1) {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 36)
            text[place] = character(digit)
            rest = quotient
        }
    }

    /// Returns the character of a base-36 digit.
    ///
    /// It does not branch, because a processor could not predict the branch.
    private static func character(_ digit: UInt64) -> UInt8 {
        let isLetter = (digit &+ 118) >> 7
        return UInt8(truncatingIfNeeded: digit &+ 48 &+ 7 &* isLetter)
    }
}

/// The message that the HMAC authenticates, at most 44 octets.
///
/// It consists of a label (16 octets), the format (1), the prefix (2 or 4), the key version (4) and the PAN (at most
/// 19). With its padding it fits into one SHA-256 block, so that a derivation is as fast as an HMAC can be.
struct DerivationMessage: Sendable {
    /// The purpose of the message, 16 ASCII characters.
    enum Label: String {
        case reference = "KMSecurity PAR 1"
        case keyCheck = "KMSecurity KCV 1"
    }

    private var storage = InlineArray<44, UInt8>(repeating: 0)
    private var count = 0

    fileprivate init(_ label: Label) {
        for octet in label.rawValue.utf8 { append(octet) }
    }

    fileprivate mutating func append(_ octet: UInt8) {
        storage[count] = octet
        count += 1
    }

    /// Appends four octets, most significant first.
    fileprivate mutating func append(_ number: UInt32) {
        for shift in stride(from: 24, through: 0, by: -8) { append(UInt8(truncatingIfNeeded: number >> UInt32(shift))) }
    }

    func mac(under hmac: HMACSHA256) throws -> HMACSHA256.MAC {
        try hmac.authenticate(storage.span.extracting(first: count))
    }

    /// Returns a copy in memory that is erased with its last reference.
    func secretBytes() throws -> SecretBytes { try SecretBytes(copying: storage.span.extracting(first: count)) }

    /// Erases the message, which contains a PAN.
    fileprivate mutating func cleanse() {
        var octets = storage.mutableSpan
        KMPrimitives.cleanse(&octets)
    }
}

/// A number of at least 0 and less than 1, with 256 binary places.
private struct Fraction {
    /// The number's words, most significant first.
    var words: InlineArray<4, UInt64>

    /// Multiplies by `factor`, then removes and returns the integer part, 0 to `factor` - 1.
    mutating func scale(by factor: UInt64) -> UInt64 {
        var whole: UInt64 = 0
        for index in stride(from: 3, through: 0, by: -1) {
            let product = words[index].multipliedFullWidth(by: factor)
            let (low, overflow) = product.low.addingReportingOverflow(whole)
            words[index] = low
            whole = product.high &+ (overflow ? 1 : 0)
        }
        return whole
    }
}
