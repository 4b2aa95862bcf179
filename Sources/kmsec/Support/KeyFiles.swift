import Foundation
import KMSecurity

/// Reads keys from files in any supported format.
enum KeyFiles {
    /// Reads the public key of a crypto key from an SPKI or PKCS#1 key or a certificate, PEM or DER.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - id: The key id.
    ///   - anyTime: Whether to accept a certificate that has expired or is not valid yet.
    /// - Returns: A crypto key that can only encrypt.
    /// - Throws: ``KMError`` such as `fileUnreadable`, `malformedKey`, `wrongKeyKind`, `unsupportedKey` or
    ///   `certificateNotValid`. Its detail names the file.
    static func publicHalf(_ path: String, id: CryptoKeyID, anyTime: Bool) throws -> CryptoKey {
        let bytes = try contents(ofFile: path)
        return try namingFile(path) {
            if !anyTime, let certificate = try certificate(in: bytes) {
                return CryptoKey(id: id, certificate: certificate, issuedAt: .now)
            }
            return try CryptoKey(id: id, encryptionKey: RSAPublicKey(parsing: bytes), issuedAt: .now)
        }
    }

    /// Parses a certificate; nil if the bytes are not a certificate.
    ///
    /// A certificate that is rejected throws, so that it is not read as a bare key, which has no validity period to
    /// check.
    private static func certificate(in bytes: [UInt8]) throws -> Certificate? {
        do {
            return try Certificate(parsing: bytes)
        } catch let error as KMError where error.code == .malformedCertificate {
            return nil
        }
    }
}
