internal import CKMOpenSSL
public import Foundation

/// An X.509 certificate as the carrier of an RSA public key.
///
/// No chain is built: trust comes from how the certificate was handed over.
public struct Certificate: Sendable {
    /// When it may be used, both ends inclusive.
    public let validity: ClosedRange<Date>

    /// The subject, as RFC 4514 writes names, e.g.
    ///
    /// `CN=key 1,O=Example`.
    public let subject: String

    /// The serial number, big-endian without leading zeros; its sign is not kept.
    public let serialNumber: [UInt8]

    /// The SHA-256 digest of the DER encoding, 32 bytes.
    public let fingerprint: [UInt8]

    /// The key it carries.
    ///
    /// Check ``validity`` or call ``publicKey(validAt:)`` before encrypting to it.
    public let unverifiedPublicKey: RSAPublicKey

    private let handle: CertificateHandle

    /// Reads a certificate in DER, or the first of a PEM text.
    ///
    /// - Throws: ``KMError`` `malformedCertificate`; `certificateNotValid` when its validity ends before it begins;
    ///   `unsupportedKey` when the key it carries is not RSA of 2048 to 8192 bits; `malformedKey` when that key cannot
    ///   encrypt, for example because its modulus is even; `limitExceeded` for more than 65,536 bytes.
    public init(parsing bytes: [UInt8]) throws {
        var pointer: OpaquePointer?
        let (status, reason) = unsafe withReason { reason in
            unsafe bytes.withUnsafeBufferPointer {
                unsafe km_certificate_parse($0.baseAddress, $0.count, &pointer, reason)
            }
        }
        guard status != KM_MALFORMED else {
            let because = reason.isEmpty ? "" : " (OpenSSL: \(reason))"
            throw KMError(.malformedCertificate, "neither PEM nor DER of an X.509 certificate\(because)")
        }
        guard status == KM_DONE, let pointer = unsafe pointer else {
            throw RSAKeyHandle.error(status, reason: reason)
        }
        try self.init(unsafe CertificateHandle(adopting: pointer))
    }

    private init(_ handle: CertificateHandle) throws {
        self.handle = handle
        validity = try handle.validity()
        subject = String(
            decoding: try unsafe copiedArray { unsafe km_certificate_copy_subject(handle.pointer, $0) },
            as: UTF8.self
        )
        serialNumber = try unsafe copiedArray { unsafe km_certificate_copy_serial(handle.pointer, $0) }
        fingerprint = try SHA256.digest(try unsafe copiedArray { unsafe km_certificate_export(handle.pointer, 0, $0) })
        var key: OpaquePointer?
        let (status, reason) = unsafe withReason { unsafe km_certificate_copy_public_key(handle.pointer, &key, $0) }
        unverifiedPublicKey = RSAPublicKey(try unsafe RSAKeyHandle.make(status, key, reason: reason))
    }

    /// A certificate of `key`, signed by itself: for a counterpart that takes keys in no other form.
    ///
    /// - Parameters:
    ///   - key: the pair whose public half it carries.
    ///   - commonName: the subject's CN, 1 to 64 characters without NUL.
    ///   - validity: whole seconds in the years 1950 to 9999.
    /// - Returns: an X.509 v3 certificate, signed with SHA-256, its serial random.
    /// - Throws: ``KMError`` `invalidSize` for another name or validity, `cryptographyUnavailable` when OpenSSL fails.
    public static func selfSigned(
        _ key: RSAPrivateKey,
        commonName: String,
        validity: ClosedRange<Date>
    ) throws -> Certificate {
        guard (1...64).contains(commonName.unicodeScalars.count), !commonName.unicodeScalars.contains("\0") else {
            throw KMError(.invalidSize, "a common name has 1 to 64 characters, none of them NUL")
        }
        let years = -631_152_000.0...253_402_300_799.0
        let (from, to) = (validity.lowerBound.timeIntervalSince1970, validity.upperBound.timeIntervalSince1970)
        guard years.contains(from), years.contains(to) else {
            throw KMError(.invalidSize, "a certificate's validity lies in the years 1950 to 9999")
        }
        let (pointer, reason) = unsafe withReason { reason in
            unsafe commonName.withCString {
                unsafe km_certificate_self_sign(key.handle.pointer, $0, Int64(from), Int64(to), reason)
            }
        }
        guard let pointer = unsafe pointer else {
            throw KMError(.cryptographyUnavailable, "OpenSSL could not sign a certificate (\(reason))")
        }
        return try Certificate(unsafe CertificateHandle(adopting: pointer))
    }

    /// The key it carries, once it is known that the certificate may be used.
    ///
    /// - Throws: ``KMError`` `certificateNotValid` when `date` lies outside ``validity``.
    public func publicKey(validAt date: Date) throws -> RSAPublicKey {
        guard validity.contains(date) else {
            let edge = date < validity.lowerBound ? "begins \(validity.lowerBound)" : "ended \(validity.upperBound)"
            throw KMError(.certificateNotValid, "the certificate's validity \(edge)")
        }
        return unverifiedPublicKey
    }

    /// The certificate as PEM text.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory is short.
    public func pemRepresentation() throws -> [UInt8] {
        try unsafe copiedArray { unsafe km_certificate_export(handle.pointer, 1, $0) }
    }

    /// The certificate in DER.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory is short.
    public func derRepresentation() throws -> [UInt8] {
        try unsafe copiedArray { unsafe km_certificate_export(handle.pointer, 0, $0) }
    }
}

extension Certificate: CustomStringConvertible, CustomReflectable {
    /// Tells the fingerprint and the validity.
    ///
    /// The subject is whatever its maker wrote.
    public var description: String {
        let digits = fingerprint.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "Certificate(SHA-256 \(digits), \(validity.lowerBound) to \(validity.upperBound))"
    }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The one owner of a shim certificate.
///
/// `@unchecked Sendable`: the shim's certificate is only read after it is made, and freed once, in deinit.
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
        guard unsafe km_certificate_validity(pointer, &from, &to) == 1, from <= to else {
            throw KMError(.certificateNotValid, "the certificate's validity is no pair of times in order")
        }
        return Date(timeIntervalSince1970: Double(from))...Date(timeIntervalSince1970: Double(to))
    }
}
