internal import Foundation
internal import KMJOSE
public import KMPrimitives

/// Explains why a token does not verify, by trying the mistakes that clients are known to make.
///
/// It is for developers who have the secret. A server has no use for it, because it must reject the request whatever
/// the mistake is.
public struct TokenDiagnosis: Sendable, Hashable {
    /// The name of the cause, one of ``TokenDiagnosis/causes``.
    ///
    /// If several mistakes were made at once, their names are joined by `+`.
    public let cause: String
    /// The advice on what to change, in English.
    public let advice: String

    /// The result for a token that verifies, whose time was not checked.
    public static let verifies = TokenDiagnosis(
        cause: "verifies",
        advice: "the token matches the body and the secret; its time was not checked"
    )
    /// The result for a token that no known mistake explains.
    public static let unknown = TokenDiagnosis(
        cause: "no known cause",
        advice: "the secret or the body differs from the sender's: compare both with the sender's, byte for byte"
    )

    /// The names of all causes except those of ``verifies`` and ``unknown``.
    public static var causes: [String] {
        ["token-unreadable", TokenForm.frame.name, parametersSigned.name]
            + TokenForm.all.dropFirst().map(\.mistake.name)
            + BodyMistake.all.map(\.name)
            + SecretMistake.all.map(\.name)
            + MACMistake.all.map(\.name)
    }

    /// The largest accepted body in bytes, which is limited because each mistake needs a copy of the body.
    public static let maximumBodyByteCount = 1 << 20

    /// Finds the mistake that explains a token.
    ///
    /// - Parameters:
    ///   - token: The value of X-KM-Tran-Token as it was sent, even if it is malformed.
    ///   - body: The bytes of the body as received.
    ///   - secret: The bytes of the secret key.
    ///   - parameters: The parameters before they were encrypted, to test whether the sender signed them instead of the
    ///     body, or nil if you do not have them.
    /// - Returns: The cause and the advice, ``verifies`` if the token verifies, or ``unknown`` if no known mistake
    ///   explains it.
    /// - Throws: ``KMError`` `limitExceeded` if the body or the parameters are larger than ``maximumBodyByteCount``, or
    ///   `cryptographyUnavailable` if OpenSSL fails.
    public static func explain(
        token: String,
        body: [UInt8],
        secret: SecretBytes,
        parameters: [UInt8]? = nil
    ) throws -> TokenDiagnosis {
        for (what, bytes) in [("the body", body), ("the parameters", parameters ?? [])]
        where bytes.count > maximumBodyByteCount {
            throw KMError(.limitExceeded, "\(what) must be at most \(maximumBodyByteCount) bytes; got \(bytes.count)")
        }
        guard let read = TokenForm.read(token) else {
            return TokenDiagnosis(
                cause: "token-unreadable",
                advice:
                    "a token is KMV1:, 17 digits of time, a colon and the MAC in Base64 (43 characters, 44 with a pad)"
            )
        }
        var found = try Attempt(mac: read.mac, time: read.time, body: body, secret: secret).mistakes()
        if let parameters, parameters != body, found.map({ $0.count > 1 }) ?? true {
            let attempt = Attempt(mac: read.mac, time: read.time, body: parameters, secret: secret)
            if let mistakes = try attempt.mistakes(), mistakes.count + 1 < found?.count ?? .max {
                found = [parametersSigned] + mistakes.map(\.ofParameters)
            }
        }
        guard let found else { return unknown }
        let all = read.mistakes + found
        guard !all.isEmpty else { return verifies }
        return TokenDiagnosis(
            cause: all.map(\.name).joined(separator: "+"),
            advice: all.map(\.advice).joined(separator: "; ")
        )
    }

    /// The sender computed the MAC over the parameters, and encrypted them afterwards.
    private static let parametersSigned = Mistake(
        name: "parameters-signed",
        advice: "the parameters were signed before they were encrypted: encrypt first, then sign the body that is sent"
    )
}

/// The name of a mistake, and the advice on what to change.
struct Mistake: Sendable, Hashable {
    let name: String
    let advice: String

    /// This mistake when the sender signed the parameters.
    ///
    /// The advice is different for a mistake about the body, because the parameters that were given here may be what
    /// differs.
    fileprivate var ofParameters: Mistake {
        guard name.hasPrefix("body-") else { return self }
        return Mistake(name: name, advice: "the signed text differs from the given parameters by \(name)")
    }
}

/// A comparison of one token with one body and one secret, for every known mistake.
private struct Attempt {
    let mac: [UInt8]
    let time: [UInt8]
    let body: [UInt8]
    let secret: SecretBytes

    /// Returns the mistakes that produce this MAC, or nil if no known mistakes do.
    ///
    /// The result is empty if the token verifies. Otherwise it has one mistake, or two: one in the body and one in the
    /// secret, or two in the body. A serializer that sorts members and adds spaces makes two in the body.
    func mistakes() throws -> [Mistake]? {
        if try matches(body, secret) { return [] }
        let bodies = BodyMistake.all.compactMap { mistake in mistake.apply(body).map { (mistake.mistake, $0) } }
        let secrets = try SecretMistake.all.compactMap { mistake in
            try mistake.apply(secret).map { (mistake.mistake, $0) }
        }
        for (mistake, other) in bodies where try matches(other, secret) { return [mistake] }
        for (mistake, other) in secrets where try matches(body, other) { return [mistake] }
        for mistake in MACMistake.all where try mistake.make(body, time, secret) == mac { return [mistake.mistake] }
        for (first, otherBody) in bodies {
            for (second, otherSecret) in secrets where try matches(otherBody, otherSecret) { return [first, second] }
        }
        for (first, otherBody) in bodies {
            for second in BodyMistake.all {
                guard let both = second.apply(otherBody), try matches(both, secret) else { continue }
                return [first, second.mistake]
            }
        }
        return nil
    }

    private func matches(_ body: [UInt8], _ secret: SecretBytes) throws -> Bool {
        try HMACSHA256(key: secret).authenticate(body).withBytes { computed in
            constantTimeEquals(computed, mac.span)
        }
    }
}
