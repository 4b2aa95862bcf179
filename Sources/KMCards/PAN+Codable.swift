internal import KMPrimitives

extension PAN: Decodable {
    /// Reads a JSON string of digits without separators.
    ///
    /// The decoder's own copy of the text is not cleansed: for what must not stay in memory at all, take the PAN out of the
    /// bytes with ``init(_:digitCount:separators:)-(Span<UInt8>,_,_)``.
    ///
    /// - Throws: ``KMError`` as ``init(_:digitCount:separators:)-(String,_,_)``; `panMalformed` where there is no string.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.text(.panMalformed))
    }

    /// This PAN in a form that encodes, as a string of all its digits.
    ///
    /// For parameters that are about to be encrypted, and nothing else.
    public var insecureClearText: InsecureClearText { InsecureClearText(pan: self) }

    /// A PAN that encodes as a string of all its digits; it prints masked all the same.
    public struct InsecureClearText: Sendable, Codable, Equatable, CustomStringConvertible {
        /// The PAN.
        public let pan: PAN

        /// Makes it of a PAN.
        public init(pan: PAN) {
            self.pan = pan
        }

        /// Reads a JSON string of digits.
        ///
        /// - Throws: ``KMError`` as ``PAN/init(from:)``.
        public init(from decoder: any Decoder) throws {
            pan = try PAN(from: decoder)
        }

        /// Writes all digits as a string.
        ///
        /// - Throws: what the encoder throws.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(
                pan.withDigits { digits in
                    String(decoding: digits.indices.map { digits[$0] }, as: UTF8.self)
                }
            )
        }

        /// Masked, with six leading digits.
        public var description: String { pan.description }
    }
}

extension Decoder {
    /// The string that stands here.
    ///
    /// The decoder's own error tells the path, in which a document's names stand, a card number perhaps.
    ///
    /// - Throws: ``KMError`` `code` where there is none.
    func text(_ code: KMError.Code) throws -> String {
        do {
            return try singleValueContainer().decode(String.self)
        } catch {
            throw KMError(code, "not a string, which is due")
        }
    }
}
