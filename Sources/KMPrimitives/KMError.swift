public import Foundation

/// What this package throws: a code to act on, and a detail for developers.
///
/// Two errors are equal when their codes are: the detail is prose, may change, and holds no plaintext, key, card number
/// or MAC. Codes are an open set, so that a new one breaks nobody; handle those you know and treat the rest as a refusal.
public struct KMError: Error, Sendable {
    /// The kind of a failure, one of the static constants of this type.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The constant's own name, stable across versions, e.g.
        ///
        /// `authenticationFailed`.
        public let description: String

        /// Names a code.
        package init(_ name: String) {
            description = name
        }
    }

    /// The kind of failure.
    public let code: Code

    /// For developers: what was found and what was due, or an empty string.
    ///
    /// Never secret.
    public let detail: String

    /// Makes an error; `detail` must not hold anything secret, nor the text of an input.
    package init(_ code: Code, _ detail: String = "") {
        self.code = code
        self.detail = detail
    }
}

extension KMError: Equatable {
    /// Whether both have the same code.
    public static func == (left: KMError, right: KMError) -> Bool {
        left.code == right.code
    }
}

extension KMError: CustomStringConvertible {
    /// The code's name and the detail.
    public var description: String {
        detail.isEmpty ? code.description : "\(code): \(detail)"
    }
}

extension KMError: LocalizedError {
    /// The same as ``description``, for `localizedDescription`, which otherwise says nothing of the error.
    public var errorDescription: String? { description }
}

extension KMError.Code {
    /// It does not decrypt or does not verify.
    ///
    /// One code, without detail, for every cause that depends on a secret.
    public static let authenticationFailed = Self("authenticationFailed")
    /// OpenSSL could not do its work: no random bytes, no memory, or a provider without the algorithm.
    public static let cryptographyUnavailable = Self("cryptographyUnavailable")
    /// A size is outside what the operation takes.
    public static let invalidSize = Self("invalidSize")
    /// An input is larger, deeper or more numerous than the receiver's options allow.
    public static let limitExceeded = Self("limitExceeded")
    /// The bytes are no key in a form that is read here.
    public static let malformedKey = Self("malformedKey")
    /// A public key where a private one is due, or the other way round.
    public static let wrongKeyKind = Self("wrongKeyKind")
    /// A key of another algorithm than RSA, of a size outside 2048 to 8192 bits, or of more than two primes.
    public static let unsupportedKey = Self("unsupportedKey")
    /// The key is encrypted and no passphrase was given.
    public static let passphraseRequired = Self("passphraseRequired")
    /// The key does not decrypt under the passphrase.
    public static let passphraseWrong = Self("passphraseWrong")
    /// The key is encrypted with an algorithm that only OpenSSL's legacy provider has.
    public static let legacyEncryption = Self("legacyEncryption")
    /// The bytes are no X.509 certificate.
    public static let malformedCertificate = Self("malformedCertificate")
    /// The certificate's validity has not begun, is over, or holds no time at all.
    public static let certificateNotValid = Self("certificateNotValid")
}
