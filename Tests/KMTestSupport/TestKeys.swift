package import KMPrimitives

/// RSA key pairs of 2048 bits, which are generated in every run and shared by all suites.
package enum TestKeys {
    private static let made = (0..<3).map { _ in Result { try RSAPrivateKey.generate() } }

    package static func first() throws -> RSAPrivateKey { try made[0].get() }
    package static func second() throws -> RSAPrivateKey { try made[1].get() }
    package static func third() throws -> RSAPrivateKey { try made[2].get() }
}

extension SecretBytes {
    /// The secret bytes.
    package var exposed: [UInt8] {
        withBytes { bytes in bytes.indices.map { bytes[$0] } }
    }

    /// Creates a secret from the UTF-8 of a text.
    package init(_ text: String) throws {
        try self.init(copying: Array(text.utf8))
    }
}

extension [UInt8] {
    /// Creates the bytes of hexadecimal digits; white space is ignored.
    package init(hex text: String) {
        let digits = text.compactMap(\.hexDigitValue)
        self = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}

extension String {
    /// The text's UTF-8.
    package var bytes: [UInt8] { Array(utf8) }
}
