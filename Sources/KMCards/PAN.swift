internal import KMPrimitives

/// A primary account number (PAN): the 12 to 19 digits of a card, the last of which is the check digit (ISO/IEC
/// 7812-1).
///
/// The digits are kept in memory that is erased when the last copy of the value is released. PANs are compared in
/// constant time and printed masked. Only ``withDigits(_:)`` gives access to the digits, and you must erase any copy
/// that you make there. A PAN can be decoded. To encode it, use ``insecureClearText``.
public struct PAN: Sendable {
    /// The accepted numbers of digits, 12 to 19.
    public static let digitCounts = 12...19

    /// The separators that are accepted between digits.
    public enum Separators: Sendable {
        /// No separators.
        case none
        /// Single spaces or hyphens, as printed on cards and typed by people.
        case spacesAndHyphens
    }

    /// The digits in ASCII.
    private let digits: SecretBytes

    /// The number of digits, 12 to 19.
    public var digitCount: Int { digits.count }

    /// Creates a PAN from bytes, after checking its characters, length and check digit.
    ///
    /// The digits are copied. You still own the original, and should erase it as soon as you no longer need it.
    ///
    /// - Parameters:
    ///   - text: The card number in ASCII.
    ///   - digitCount: The required number of digits, such as 16 for the platform's `physicalCardNo`, or nil to accept
    ///     12 to 19.
    ///   - separators: The separators that are accepted between two digits.
    /// - Throws: ``KMError`` `panMalformed`, `panLengthInvalid` or `panCheckDigitInvalid`, in this order of precedence,
    ///   or `cryptographyUnavailable` if there is not enough memory. No detail contains any of the digits.
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

    /// Creates a PAN from a string, after checking its characters, length and check digit.
    ///
    /// Neither the string nor the copy of its bytes that this initializer makes is erased from memory. If you have the
    /// bytes, use ``init(_:digitCount:separators:)-(Span<UInt8>,_,_)`` instead.
    ///
    /// - Parameters:
    ///   - text: The card number.
    ///   - digitCount: The required number of digits, or nil to accept 12 to 19.
    ///   - separators: The separators that are accepted between two digits.
    /// - Throws: The same errors as ``init(_:digitCount:separators:)-(Span<UInt8>,_,_)``.
    public init(_ text: String, digitCount: Int? = nil, separators: Separators = .none) throws {
        let bytes = Array(text.utf8)
        try self.init(bytes.span, digitCount: digitCount, separators: separators)
    }

    /// Calls `body` with the digits in ASCII, and returns its result.
    ///
    /// If `body` copies digits, you must erase the copy.
    public func withDigits<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
        try digits.withBytes(body)
    }

    /// Throws unless `digits` are a PAN without separators, and makes no copy of them.
    package static func check(_ digits: Span<UInt8>, digitCount: Int? = nil) throws {
        for index in digits.indices where !digits[index].isDigit { throw malformed(at: index, .none) }
        try checkLength(digits.count, digitCount)
        guard Luhn.isValid(digits) else { throw wrongCheckDigit }
    }

    private static func checkLength(_ count: Int, _ required: Int?) throws {
        if let required, count != required {
            throw KMError(.panLengthInvalid, "a card number must have \(counted(required, "digit")) here; got \(count)")
        }
        guard digitCounts.contains(count) else {
            throw KMError(.panLengthInvalid, "a card number must have 12 to 19 digits; got \(count)")
        }
    }

    private static func malformed(at index: Int, _ separators: Separators) -> KMError {
        let form = separators == .none ? "only digits" : "digits, with single spaces or hyphens between them"
        return KMError(.panMalformed, "expected \(form); byte \(index + 1) does not fit")
    }

    private static var wrongCheckDigit: KMError {
        KMError(.panCheckDigitInvalid, "the check digit (Luhn) is wrong; look for a mistyped digit")
    }
}

extension PAN: Equatable {
    /// Returns whether both have the same digits.
    ///
    /// The comparison takes a time that depends only on the numbers of digits.
    public static func == (left: PAN, right: PAN) -> Bool {
        left.digits == right.digits
    }
}

extension UInt8 {
    var separatesDigits: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "-") }
}
