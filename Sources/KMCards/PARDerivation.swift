internal import KMPrimitives

/// How PARs of one prefix come of PANs under one key: HMAC-SHA-256 of the PAN and of what the PAR is for, read as a
/// fraction, whose first 25 digits to the base 36 are the reference.
///
/// The article on the derivation has it in full, with vectors.
struct PARDerivation: Sendable {
    let version: UInt32
    private let prefix: PAR.Prefix
    private let hmac: HMACSHA256
    /// Everything that is authenticated but the PAN.
    private let opening: DerivationMessage

    init(_ key: TokenizationKey, prefix: PAR.Prefix) {
        version = key.version
        hmac = key.hmac
        self.prefix = prefix
        var message = DerivationMessage(.reference)
        message.append(UInt8(prefix.format.characterCount))
        for index in 0..<prefix.format.prefixCharacterCount { message.append(prefix.characters[index]) }
        message.append(key.version)
        opening = message
    }

    /// The PAR of a PAN, which the caller has checked.
    func par(for pan: Span<UInt8>) throws -> PAR {
        var message = opening
        for index in pan.indices { message.append(pan[index]) }
        defer { message.cleanse() }
        var fraction = Fraction(words: try message.mac(under: hmac).words)
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

    /// The first five octets of a MAC that no PAR has anything of, in hexadecimal.
    static func keyCheckValue(_ hmac: HMACSHA256, version: UInt32) throws -> String {
        var message = DerivationMessage(.keyCheck)
        message.append(version)
        return try message.mac(under: hmac).withBytes { mac in
            hexadecimal((0..<5).map { mac[$0] }).uppercased()
        }
    }

    /// As many digits at once as a word holds.
    private static let thirtySixToThe12: UInt64 = 4_738_381_338_321_616_896

    /// Puts the 12 digits of `number` to the base 36 at `start`.
    private static func put(_ number: UInt64, at start: Int, in text: inout InlineArray<29, UInt8>) {
        var rest = number
        for place in stride(from: start + 11, through: start, by: -1) {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 36)
            text[place] = character(digit)
            rest = quotient
        }
    }

    /// The character of a digit to the base 36, without a branch, of which no processor could tell the outcome before.
    private static func character(_ digit: UInt64) -> UInt8 {
        let isLetter = (digit &+ 118) >> 7
        return UInt8(truncatingIfNeeded: digit &+ 48 &+ 7 &* isLetter)
    }
}

/// What is authenticated: 16 octets of label, one of format, two or four of prefix, four of version, 19 of PAN at most.
///
/// That and the padding fit into one block of SHA-256, so that a derivation costs the least that an HMAC can.
private struct DerivationMessage {
    /// What it is for, and is told apart by; 16 ASCII characters each.
    enum Label: String {
        case reference = "KMSecurity PAR 1"
        case keyCheck = "KMSecurity KCV 1"
    }

    private var storage = InlineArray<44, UInt8>(repeating: 0)
    private var count = 0

    init(_ label: Label) {
        for octet in label.rawValue.utf8 { append(octet) }
    }

    mutating func append(_ octet: UInt8) {
        storage[count] = octet
        count += 1
    }

    /// Four octets, the highest first.
    mutating func append(_ number: UInt32) {
        for shift in stride(from: 24, through: 0, by: -8) { append(UInt8(truncatingIfNeeded: number >> UInt32(shift))) }
    }

    func mac(under hmac: HMACSHA256) throws -> HMACSHA256.MAC {
        try hmac.authenticate(storage.span.extracting(first: count))
    }

    /// It holds a PAN.
    mutating func cleanse() {
        var octets = storage.mutableSpan
        KMPrimitives.cleanse(&octets)
    }
}

/// A number from 0 to 1, without 1: 256 binary places.
private struct Fraction {
    /// The highest first.
    var words: InlineArray<4, UInt64>

    /// Multiplies by `factor`, takes the whole part away and returns it: a number from 0 to `factor` - 1.
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
