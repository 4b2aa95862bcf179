public import Foundation

/// An error of this package: a code to act on, and a detail for developers.
///
/// Two errors are equal when their codes are equal. The detail is text for people. It can change between versions, and
/// it never contains plaintext, a key, a card number or a MAC.
///
/// New versions can add codes. Handle the codes that you know, and treat every other code as a failure.
public struct KMError: Error, Sendable {
    /// An error code, one of the static constants of this type.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The name of the constant, such as `authenticationFailed`, which stays the same in all versions.
        public let description: String

        /// Creates a code of your own, with a name that never changes.
        public init(_ name: String) {
            description = name
        }
    }

    /// The kind of failure.
    public let code: Code

    /// A text for developers that says what was expected and what was found, or an empty string.
    ///
    /// It never contains a secret.
    public let detail: String

    /// Creates an error.
    ///
    /// `detail` must not contain a secret or the text of an input: it goes to logs.
    public init(_ code: Code, _ detail: String = "") {
        self.code = code
        self.detail = detail
    }
}

extension KMError: Equatable {
    /// Returns whether two errors have the same code.
    public static func == (left: KMError, right: KMError) -> Bool {
        left.code == right.code
    }
}

extension KMError: CustomStringConvertible {
    /// The name of the code, followed by the detail if there is one.
    public var description: String {
        detail.isEmpty ? code.description : "\(code): \(detail)"
    }
}

extension KMError: LocalizedError {
    /// The same text as ``description``.
    ///
    /// `localizedDescription` returns this text. Without it, Foundation would return a generic message.
    public var errorDescription: String? { description }
}

extension KMError.Code {
    /// The input does not decrypt, or its tag or MAC does not verify.
    ///
    /// All causes that depend on a secret have this one code, without a detail.
    public static let authenticationFailed = Self("authenticationFailed")
    /// OpenSSL failed: it has no random bytes, no memory, or no provider with the algorithm.
    public static let cryptographyUnavailable = Self("cryptographyUnavailable")
    /// A size is outside the range that the operation accepts.
    public static let invalidSize = Self("invalidSize")
    /// An input is too large, is nested too deeply or has too many elements for the configured limits.
    public static let limitExceeded = Self("limitExceeded")
    /// The bytes are not a key in a supported format, or the key in them is invalid.
    ///
    /// A key is invalid when one of its integers is out of range, or when the private key does not match its public
    /// key. A key file that requires too much key derivation has this code too.
    public static let malformedKey = Self("malformedKey")
    /// A public key was given where a private key is required, or the other way round.
    public static let wrongKeyKind = Self("wrongKeyKind")
    /// The key is not an RSA key, is not 2048 to 8192 bits, or has more than two primes.
    public static let unsupportedKey = Self("unsupportedKey")
    /// The key is encrypted and no passphrase was given.
    public static let passphraseRequired = Self("passphraseRequired")
    /// The key does not decrypt with the passphrase.
    public static let passphraseWrong = Self("passphraseWrong")
    /// The key is encrypted with an algorithm that only OpenSSL's legacy provider supports, or that is unknown.
    public static let legacyEncryption = Self("legacyEncryption")
    /// The bytes are not an X.509 certificate.
    public static let malformedCertificate = Self("malformedCertificate")
    /// The certificate is not valid yet, has expired, or has a validity that ends before it begins.
    public static let certificateNotValid = Self("certificateNotValid")
}

/// Formats a count and its noun for a message, such as "1 part" or "5 parts".
package func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
}
