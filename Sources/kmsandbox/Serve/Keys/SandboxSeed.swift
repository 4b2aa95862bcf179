#if Sandbox
import KMPrimitives
import KMSecurity

/// The source of the sandbox's ids and secrets: random, or the same in every run with one seed.
///
/// RSA keys and the keys and IVs of messages are always random. Keep RSA keys with `--files`.
struct SandboxSeed: Sendable {
    /// The seed; nil for random values.
    let seed: UInt64?

    /// Returns bytes.
    ///
    /// - Parameters:
    ///   - count: The number of bytes, up to 8160.
    ///   - label: The use of the bytes. Every label has other bytes.
    /// - Returns: The bytes.
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    func bytes(_ count: Int, _ label: String) throws -> [UInt8] {
        guard let seed else { return try SecureRandom.bytes(count) }
        let input = try SecretBytes(copying: Array("\(seed)".utf8))
        let derived = try hkdf(input, info: Array("kmsandbox \(label)".utf8), byteCount: count)
        return derived.withBytes { bytes in bytes.indices.map { bytes[$0] } }
    }

    /// Returns lower-case hexadecimal digits.
    ///
    /// - Parameters:
    ///   - count: The number of digits, which must be even.
    ///   - label: The use of the digits.
    /// - Returns: The digits.
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    func hexadecimal(_ count: Int, _ label: String) throws -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = try bytes(count / 2, label).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
#endif
