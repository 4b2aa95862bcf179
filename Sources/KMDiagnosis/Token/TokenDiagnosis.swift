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
        [unreadable.cause, TokenForm.frame.name, parametersSigned.name]
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
        let secret = TokenSecret(hmac: try HMACSHA256(key: secret), bytes: secret)
        return try explanation(token: token, body: body, secret: secret, parameters: parameters).diagnosis
    }

    /// Finds the mistake that explains a token, and the bytes that the sender signed.
    ///
    /// - Parameters:
    ///   - token: The value of X-KM-Tran-Token as it was sent.
    ///   - body: The bytes of the body as received.
    ///   - secret: The secret key.
    ///   - parameters: The parameters before they were encrypted, or nil if you do not have them.
    ///   - maximumPairByteCount: The largest body for which two mistakes at once are tried, which takes hundreds of MACs.
    /// - Returns: The diagnosis, and the signed bytes if the sender computed a MAC over other bytes than the body.
    /// - Throws: ``KMError`` as ``explain(token:body:secret:parameters:)``.
    static func explanation(
        token: String,
        body: [UInt8],
        secret: TokenSecret,
        parameters: [UInt8]? = nil,
        maximumPairByteCount: Int = maximumBodyByteCount
    ) throws -> (diagnosis: TokenDiagnosis, signed: [UInt8]?) {
        for (what, bytes) in [("the body", body), ("the parameters", parameters ?? [])]
        where bytes.count > maximumBodyByteCount {
            throw KMError(.limitExceeded, "\(what) must be at most \(maximumBodyByteCount) bytes; got \(bytes.count)")
        }
        guard let read = TokenForm.read(token) else {
            return (unreadable, nil)
        }
        func attempt(_ body: [UInt8]) -> Attempt {
            let triesPairs = body.count <= maximumPairByteCount
            return Attempt(mac: read.mac, time: read.time, body: body, secret: secret, triesPairs: triesPairs)
        }
        var found = try attempt(body).explanation()
        if let parameters, parameters != body, found.map({ $0.mistakes.count > 1 }) ?? true,
            let other = try attempt(parameters).explanation(),
            other.mistakes.count + 1 < found?.mistakes.count ?? .max
        {
            found = ([parametersSigned] + other.mistakes.map(\.ofParameters), other.signed ?? parameters)
        }
        guard let found else { return (unknown, nil) }
        let all = read.mistakes + found.mistakes
        guard !all.isEmpty else { return (verifies, nil) }
        let diagnosis = TokenDiagnosis(
            cause: all.map(\.name).joined(separator: "+"),
            advice: all.map(\.advice).joined(separator: "; ")
        )
        return (diagnosis, found.signed)
    }

    /// The result for a token without a MAC in any known form.
    static let unreadable = TokenDiagnosis(
        cause: "token-unreadable",
        advice: "a token is KMV1:, 17 digits of time, a colon and the MAC in Base64 (43 characters, 44 with a pad)"
    )

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
    let secret: TokenSecret
    /// Whether to try two mistakes at once.
    let triesPairs: Bool

    /// Returns the mistakes that produce this MAC, with the signed bytes if they are not the body; nil if no known
    /// mistakes produce it.
    ///
    /// There are no mistakes if the token verifies. Otherwise there is one, or two: one in the body and one in the
    /// secret, or two in the body. A serializer that sorts members and adds spaces makes two in the body.
    func explanation() throws -> (mistakes: [Mistake], signed: [UInt8]?)? {
        if try matches(body, secret.hmac) { return ([], nil) }
        let bodies = BodyMistake.all.compactMap { mistake in mistake.apply(body).map { (mistake.mistake, $0) } }
        var secrets: [(Mistake, HMACSHA256)] = []
        if let bytes = secret.bytes {
            secrets = try SecretMistake.all.compactMap { mistake in
                try mistake.apply(bytes).map { (mistake.mistake, try HMACSHA256(key: $0)) }
            }
        }
        for (mistake, other) in bodies where try matches(other, secret.hmac) { return ([mistake], other) }
        for (mistake, other) in secrets where try matches(body, other) { return ([mistake], nil) }
        for mistake in MACMistake.all where try mistake.make(body, time, secret) == mac {
            return ([mistake.mistake], nil)
        }
        guard triesPairs else { return nil }
        for (first, otherBody) in bodies {
            for (second, otherSecret) in secrets where try matches(otherBody, otherSecret) {
                return ([first, second], otherBody)
            }
        }
        for (first, otherBody) in bodies {
            for second in BodyMistake.all {
                guard let both = second.apply(otherBody), try matches(both, secret.hmac) else { continue }
                return ([first, second.mistake], both)
            }
        }
        return nil
    }

    private func matches(_ body: [UInt8], _ hmac: HMACSHA256) throws -> Bool {
        try hmac.authenticate(body).withBytes { computed in constantTimeEquals(computed, mac.span) }
    }
}
