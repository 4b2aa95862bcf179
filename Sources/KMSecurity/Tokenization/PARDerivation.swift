internal import KMPrimitives

/// How a PAR comes of a PAN: HMAC-SHA-256 of the PAN and of what the PAR is for, read as a fraction, whose first 25
/// digits to the base 36 are the reference.
///
/// The article on the derivation has it in full, with vectors.
enum PARDerivation {
    /// What stands before everything else that the key authenticates, by purpose; 16 octets each.
    private enum Label {
        static let reference = "KMSecurity PAR 1"
        static let keyCheck = "KMSecurity KCV 1"
    }

    static func reference(_ pan: Span<UInt8>, prefix: PAR.Prefix, key: TokenizationKey) throws -> PAR {
        var message = DerivationMessage(Label.reference)
        message.append(UInt8(prefix.format.characterCount))
        for index in 0..<prefix.format.prefixCharacterCount { message.append(prefix.characters[index]) }
        message.append(key.version)
        for index in pan.indices { message.append(pan[index]) }
        defer { message.cleanse() }
        return try message.mac(under: key.hmac).withBytes { mac in
            var fraction = Fraction(mac)
            var characters = InlineArray<29, UInt8> { $0 < 4 ? prefix.characters[$0] : 0 }
            let start = prefix.format.prefixCharacterCount
            put(fraction.scale(by: 36), 1, at: start, in: &characters)
            put(fraction.scale(by: thirtySixToThe12), 12, at: start + 1, in: &characters)
            put(fraction.scale(by: thirtySixToThe12), 12, at: start + 13, in: &characters)
            return PAR(format: prefix.format, characters: characters)
        }
    }

    /// The first five octets of a MAC that no PAR has anything of, in hexadecimal.
    static func keyCheckValue(_ hmac: HMACSHA256, version: UInt32) throws -> String {
        var message = DerivationMessage(Label.keyCheck)
        message.append(version)
        return try message.mac(under: hmac).withBytes { mac in
            hexadecimal((0..<5).map { mac[$0] }).uppercased()
        }
    }

    /// As many digits at once as a word holds.
    private static let thirtySixToThe12: UInt64 = 4_738_381_338_321_616_896

    /// Puts `count` digits of `number` to the base 36 at `start`.
    private static func put(_ number: UInt64, _ count: Int, at start: Int, in text: inout InlineArray<29, UInt8>) {
        var rest = number
        for place in stride(from: start + count - 1, through: start, by: -1) {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 36)
            text[place] = digit < 10 ? UInt8(ascii: "0") + UInt8(digit) : UInt8(ascii: "A") + UInt8(digit - 10)
            rest = quotient
        }
    }
}

/// What is authenticated: 16 octets of label, one of format, two or four of prefix, four of version, 19 of PAN at most.
///
/// That and the padding fit into one block of SHA-256, so that a derivation costs the least that an HMAC can.
private struct DerivationMessage {
    private var storage = InlineArray<44, UInt8>(repeating: 0)
    private var count = 0

    init(_ label: String) {
        for octet in label.utf8 { append(octet) }
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
    private var words = InlineArray<4, UInt64>(repeating: 0)

    /// Reads 32 octets, the highest first.
    init(_ octets: Span<UInt8>) {
        for index in octets.indices { words[index / 8] = words[index / 8] << 8 | UInt64(octets[index]) }
    }

    /// Multiplies by `factor`, takes the whole part away and returns it: a number from 0 to `factor` - 1.
    mutating func scale(by factor: UInt64) -> UInt64 {
        var whole: UInt64 = 0
        for index in stride(from: 3, through: 0, by: -1) {
            let product = words[index].multipliedFullWidth(by: factor)
            let (low, overflow) = product.low.addingReportingOverflow(whole)
            words[index] = low
            whole = product.high + (overflow ? 1 : 0)
        }
        return whole
    }
}
