internal import CKMOpenSSL
public import Foundation

/// An X.509 certificate that carries an RSA public key.
///
/// No certificate chain is built or verified. Get the certificate over a channel that you trust.
public struct Certificate: Sendable {
    /// The period in which the certificate is valid, both ends included.
    public let validity: ClosedRange<Date>

    /// The subject's distinguished name in RFC 4514 form, such as `CN=key 1,O=Example`.
    public let subject: String

    /// The serial number, big-endian, without leading zeros and without its sign.
    public let serialNumber: [UInt8]

    /// The SHA-256 digest of the DER encoding, 32 bytes.
    public let fingerprint: [UInt8]

    /// The certificate's public key, whether or not the certificate is valid now.
    ///
    /// Before you encrypt to this key, check ``validity``, or call ``publicKey(validAt:)`` instead.
    public let unverifiedPublicKey: RSAPublicKey

    private let handle: CertificateHandle

    /// Reads a certificate from DER, or the first certificate in a PEM text.
    ///
    /// - Parameter bytes: The DER encoding or the PEM text, at most 65,536 bytes.
    /// - Throws: ``KMError`` `malformedCertificate` when the bytes are not an X.509 certificate; `certificateNotValid`
    ///   when the validity cannot be read or ends before it begins; `unsupportedKey` when the public key is not RSA of
    ///   2048 to 8192 bits; `malformedKey` when the public key cannot encrypt, for example because its modulus is even;
    ///   `limitExceeded` when there are more than 65,536 bytes; `cryptographyUnavailable` when OpenSSL fails.
    public init(parsing bytes: [UInt8]) throws {
        try KeyLimits.check(bytes.count)
        var certificate: OpaquePointer?
        var key: OpaquePointer?
        let (result, reason) = unsafe withReason { reason in
            unsafe bytes.withUnsafeBufferPointer {
                unsafe km_certificate_parse(
                    $0.baseAddress,
                    $0.count,
                    KeyLimits.bitCount,
                    &certificate,
                    &key,
                    reason
                )
            }
        }
        guard result != KM_MALFORMED else {
            let because = reason.isEmpty ? "" : " (OpenSSL: \(reason))"
            throw KMError(.malformedCertificate, "not an X.509 certificate in PEM or DER\(because)")
        }
        guard result == KM_OK, let certificate = unsafe certificate, let key = unsafe key else {
            throw RSAKeyHandle.error(result, reason: reason)
        }
        let keyHandle = unsafe RSAKeyHandle(adopting: key)
        try self.init(unsafe CertificateHandle(adopting: certificate), keyHandle)
    }

    private init(_ handle: CertificateHandle, _ key: RSAKeyHandle) throws {
        self.handle = handle
        validity = try handle.validity()
        subject = String(
            decoding: try unsafe copiedArray { unsafe km_certificate_copy_subject(handle.pointer, $0) },
            as: UTF8.self
        )
        serialNumber = try unsafe copiedArray { unsafe km_certificate_copy_serial(handle.pointer, $0) }
        fingerprint = try SHA256.digest(
            try unsafe copiedArray { unsafe km_certificate_export(handle.pointer, KM_DER, $0) }
        )
        try key.checkSize()
        unverifiedPublicKey = RSAPublicKey(key)
    }

    /// Creates a self-signed certificate for a key pair.
    ///
    /// Use it when the other party accepts public keys only in certificates.
    ///
    /// - Parameters:
    ///   - key: The key pair whose public key the certificate carries and whose private key signs it.
    ///   - commonName: The subject's common name (CN), 1 to 64 Unicode scalars, none of them NUL.
    ///   - validity: The period of validity, within the years 1950 to 9999. Fractions of a second are dropped.
    /// - Returns: An X.509 v3 certificate, signed with SHA-256, with a random serial number.
    /// - Throws: ``KMError`` `invalidSize` when the name or the validity is outside its range;
    ///   `cryptographyUnavailable` when OpenSSL fails.
    public static func selfSigned(
        _ key: RSAPrivateKey,
        commonName: String,
        validity: ClosedRange<Date>
    ) throws -> Certificate {
        let (from, to) = try checkedSeconds(commonName, validity)
        var pointer: OpaquePointer?
        let (result, reason) = unsafe withReason { reason in
            unsafe commonName.withCString {
                unsafe km_certificate_self_sign(key.handle.pointer, $0, from, to, &pointer, reason)
            }
        }
        guard result == KM_OK, let pointer = unsafe pointer else {
            throw KMError(.cryptographyUnavailable, "OpenSSL could not sign a certificate (\(reason))")
        }
        return try Certificate(unsafe CertificateHandle(adopting: pointer), key.publicKey.handle)
    }

    /// Returns the validity in seconds since 1970, after checks of the name and the validity.
    ///
    /// - Throws: ``KMError`` `invalidSize`.
    private static func checkedSeconds(
        _ commonName: String,
        _ validity: ClosedRange<Date>
    ) throws -> (from: Int64, to: Int64) {
        guard (1...64).contains(commonName.unicodeScalars.count), !commonName.unicodeScalars.contains("\0") else {
            throw KMError(.invalidSize, "a common name must be 1 to 64 characters, without NUL")
        }
        let years = -631_152_000.0...253_402_300_799.0
        let (from, to) = (validity.lowerBound.timeIntervalSince1970, validity.upperBound.timeIntervalSince1970)
        guard years.contains(from), years.contains(to) else {
            throw KMError(.invalidSize, "a certificate's validity must lie within the years 1950 to 9999")
        }
        return (Int64(from), Int64(to))
    }

    /// Encodes what the signature of a self-signed certificate covers, for a private key that is in an HSM.
    ///
    /// Sign the bytes with RSASSA-PKCS1-v1_5 and SHA-256, and pass both to ``init(toBeSigned:signature:)``.
    ///
    /// - Parameters:
    ///   - key: The public key that the certificate carries.
    ///   - commonName: The subject's common name (CN), 1 to 64 Unicode scalars, none of them NUL.
    ///   - validity: The period of validity, within the years 1950 to 9999. Fractions of a second are dropped.
    /// - Returns: The TBSCertificate of RFC 5280 in DER.
    /// - Throws: ``KMError`` `invalidSize` when the name or the validity is outside its range;
    ///   `cryptographyUnavailable` when OpenSSL fails.
    package static func toBeSigned(
        _ key: RSAPublicKey,
        commonName: String,
        validity: ClosedRange<Date>
    ) throws -> [UInt8] {
        let (from, to) = try checkedSeconds(commonName, validity)
        return try unsafe copiedArray { target in
            unsafe withReason { reason in
                unsafe commonName.withCString {
                    unsafe km_certificate_prepare(key.handle.pointer, $0, from, to, target, reason)
                }
            }.0
        }
    }

    /// Creates a self-signed certificate from its parts, and verifies the signature.
    ///
    /// - Parameters:
    ///   - toBeSigned: The result of ``toBeSigned(_:commonName:validity:)``.
    ///   - signature: The signature of these bytes.
    /// - Throws: ``KMError`` `malformedCertificate` when the signature is not that of the certificate's key; otherwise
    ///   the errors of ``init(parsing:)``.
    package init(toBeSigned: [UInt8], signature: [UInt8]) throws {
        let der = try unsafe copiedArray { target in
            unsafe toBeSigned.withUnsafeBufferPointer { toBeSigned in
                unsafe signature.withUnsafeBufferPointer { signature in
                    unsafe km_certificate_assemble(
                        km_bytes(bytes: toBeSigned.baseAddress, size: toBeSigned.count),
                        km_bytes(bytes: signature.baseAddress, size: signature.count),
                        target
                    )
                }
            }
        }
        try self.init(parsing: der)
        guard unsafe km_certificate_verify(handle.pointer, unverifiedPublicKey.handle.pointer) == KM_OK else {
            throw KMError(.malformedCertificate, "the signature of the certificate does not verify")
        }
    }

    /// Returns the certificate's public key if the certificate is valid at a date.
    ///
    /// - Parameter date: The date at which the certificate must be valid, usually the current date.
    /// - Returns: The public key.
    /// - Throws: ``KMError`` `certificateNotValid` when `date` is outside ``validity``.
    public func publicKey(validAt date: Date) throws -> RSAPublicKey {
        guard validity.contains(date) else {
            let (from, to) = (validity.lowerBound, validity.upperBound)
            let fault = date < from ? "is not valid before \(from)" : "expired at \(to)"
            throw KMError(.certificateNotValid, "the certificate \(fault)")
        }
        return unverifiedPublicKey
    }

    /// Encodes the certificate as PEM text.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL runs out of memory.
    public func pemRepresentation() throws -> [UInt8] {
        try unsafe copiedArray { unsafe km_certificate_export(handle.pointer, KM_PEM, $0) }
    }

    /// Encodes the certificate as DER.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL runs out of memory.
    public func derRepresentation() throws -> [UInt8] {
        try unsafe copiedArray { unsafe km_certificate_export(handle.pointer, KM_DER, $0) }
    }
}

extension Certificate {
    /// Encodes the subject, the issuer and the serial number in DER, as PKCS#11 wants them beside a certificate.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL runs out of memory.
    package func encodedNames() throws -> (subject: [UInt8], issuer: [UInt8], serialNumber: [UInt8]) {
        func copy(_ name: km_name) throws -> [UInt8] {
            try unsafe copiedArray { unsafe km_certificate_copy_name(handle.pointer, name, $0) }
        }
        return (try copy(KM_SUBJECT), try copy(KM_ISSUER), try copy(KM_SERIAL_NUMBER))
    }
}

extension Certificate: CustomStringConvertible, CustomReflectable {
    /// The fingerprint and the validity.
    ///
    /// The subject is left out because it can be any text that the certificate's creator chose.
    public var description: String {
        let digits = fingerprint.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "Certificate(SHA-256 \(digits), \(validity.lowerBound) to \(validity.upperBound))"
    }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Owns a certificate of the C shim.
///
/// `@unchecked Sendable`: the certificate is only read after its creation, and is freed once, in `deinit`.
@safe private final class CertificateHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    init(adopting pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe km_certificate_free(pointer)
    }

    func validity() throws -> ClosedRange<Date> {
        var from: Int64 = 0
        var to: Int64 = 0
        guard unsafe km_certificate_validity(pointer, &from, &to) == KM_OK, from <= to else {
            throw KMError(.certificateNotValid, "the certificate's validity cannot be read or ends before it begins")
        }
        return Date(timeIntervalSince1970: Double(from))...Date(timeIntervalSince1970: Double(to))
    }
}
