internal import KMPrimitives

/// A primary account number: the digits of a card, 12 to 19 of them, the last one their check digit (ISO/IEC 7812-1).
///
/// It lives in memory that is cleansed when the last copy of this value goes, is compared in constant time, and prints
/// masked. The digits are reached through ``withDigits(_:)`` alone; what a caller copies out of there is the caller's to
/// cleanse. It can be decoded, and encoded only by way of ``insecureClearText``.
public struct PAN: Sendable {
    /// How many digits a PAN may have: 12 to 19.
    public static let digitCounts = 12...19

    /// What may stand between the digits.
    public enum Separators: Sendable {
        /// Nothing.
        case none
        /// Single spaces or hyphens, as cards and people write them.
        case spacesAndHyphens
    }

    /// The digits in ASCII.
    private let digits: SecretBytes

    /// How many digits, 12 to 19.
    public var digitCount: Int { digits.count }

    /// Checks and copies a card number; the original stays the caller's, who should not keep it longer than needed.
    ///
    /// - Parameters:
    ///   - text: ASCII digits.
    ///   - digitCount: how many are due, such as 16 for the platform's `physicalCardNo`; nil for any of 12 to 19.
    ///   - separators: what may stand between two digits.
    /// - Throws: ``KMError`` `panMalformed`, `panLengthInvalid` or `panCheckDigitInvalid`, in this order of precedence,
    ///   whose details hold no digit; `cryptographyUnavailable` when memory is short.
    public init(_ text: Span<UInt8>, digitCount: Int? = nil, separators: Separators = .none) throws {
        var count = 0
        var isBehindDigit = false
        for index in text.indices {
            if text[index].isDigit {
                count += 1
                isBehindDigit = true
            } else {
                guard separators == .spacesAndHyphens, isBehindDigit, text[index].separatesDigits else {
                    throw Self.malformed(at: index, separators)
                }
                isBehindDigit = false
            }
        }
        guard isBehindDigit || count == 0 else { throw Self.malformed(at: text.count - 1, separators) }
        try Self.checkLength(count, digitCount)
        digits = try SecretBytes(capacity: count) { output in
            for index in text.indices where text[index].isDigit { output.append(text[index]) }
        }
        guard digits.withBytes(Luhn.isValid) else { throw Self.wrongCheckDigit }
    }

    /// Checks and copies a card number.
    ///
    /// A `String` is not cleansed when it goes: where you have bytes, give those.
    ///
    /// - Throws: ``KMError`` as ``init(_:digitCount:separators:)-(Span<UInt8>,_,_)``.
    public init(_ text: String, digitCount: Int? = nil, separators: Separators = .none) throws {
        let bytes = Array(text.utf8)
        try self.init(bytes.span, digitCount: digitCount, separators: separators)
    }

    /// Calls `body` with the digits in ASCII, which it must not keep.
    public func withDigits<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
        try digits.withBytes(body)
    }

    /// Throws unless `digits` are a PAN without separators; copies nothing.
    package static func check(_ digits: Span<UInt8>, digitCount: Int? = nil) throws {
        for index in digits.indices where !digits[index].isDigit { throw malformed(at: index, .none) }
        try checkLength(digits.count, digitCount)
        guard Luhn.isValid(digits) else { throw wrongCheckDigit }
    }

    private static func checkLength(_ count: Int, _ due: Int?) throws {
        if let due, count != due { throw KMError(.panLengthInvalid, "\(counted(count, "digit")); \(due) are due") }
        guard digitCounts.contains(count) else {
            throw KMError(.panLengthInvalid, "\(counted(count, "digit")); 12 to 19 are due")
        }
    }

    private static func malformed(at index: Int, _ separators: Separators) -> KMError {
        let due = separators == .none ? "digits alone" : "digits with single spaces or hyphens between them"
        return KMError(.panMalformed, "byte \(index + 1) is out of place; \(due) are due")
    }

    private static var wrongCheckDigit: KMError {
        KMError(.panCheckDigitInvalid, "the last digit is not the check digit (Luhn) of those before it")
    }
}

extension PAN: Equatable {
    /// Whether both have the same digits; the time it takes tells their numbers of digits only.
    public static func == (left: PAN, right: PAN) -> Bool {
        left.digits == right.digits
    }
}

extension UInt8 {
    var separatesDigits: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "-") }
}
