internal import KMPrimitives

extension PAN: Decodable {
    /// Decodes a PAN from a string of digits without separators.
    ///
    /// The decoder makes its own copy of the text, and that copy is not erased. If the PAN must not remain in memory,
    /// create it from the bytes with ``init(_:digitCount:separators:)-(Span<UInt8>,_,_)``.
    ///
    /// - Throws: ``KMError`` `panMalformed` if the value is not a string or contains anything but digits,
    ///   `panLengthInvalid`, `panCheckDigitInvalid`, or `cryptographyUnavailable` if there is not enough memory.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.text(.panMalformed))
    }

    /// This PAN in a form that can be encoded, as a string of all its digits.
    ///
    /// Use it only for parameters that you are about to encrypt.
    public var insecureClearText: InsecureClearText { InsecureClearText(pan: self) }

    /// A PAN that is encoded as a string of all its digits, but printed masked.
    public struct InsecureClearText: Sendable, Codable, Equatable, CustomStringConvertible {
        /// The PAN.
        public let pan: PAN

        /// Creates the encodable form of a PAN.
        public init(pan: PAN) {
            self.pan = pan
        }

        /// Decodes a PAN from a string of digits without separators.
        ///
        /// - Throws: The same errors as ``PAN/init(from:)``.
        public init(from decoder: any Decoder) throws {
            pan = try PAN(from: decoder)
        }

        /// Encodes all digits as a string.
        ///
        /// - Throws: The encoder's error.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(
                pan.withDigits { digits in
                    String(decoding: digits.indices.map { digits[$0] }, as: UTF8.self)
                }
            )
        }

        /// The masked PAN, as ``PAN/description``.
        public var description: String { pan.description }
    }
}

extension Decoder {
    /// Decodes a single string.
    ///
    /// The decoder's own error is replaced because it contains the coding path. A member name in that path might be a
    /// card number.
    ///
    /// - Parameter code: The code of the error to throw.
    /// - Returns: The string.
    /// - Throws: ``KMError`` with `code` if the value is not a string.
    func text(_ code: KMError.Code) throws -> String {
        do {
            return try singleValueContainer().decode(String.self)
        } catch {
            throw KMError(code, "the value must be a string")
        }
    }
}
