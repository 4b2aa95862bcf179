internal import KMPrimitives

/// A secret key as far as it is known: a server's credentials have the state of HMAC, without the bytes.
struct TokenSecret: Sendable {
    let hmac: HMACSHA256
    let bytes: SecretBytes?
}

/// A mistake in which the sender computed something other than HMAC-SHA-256 of the body under the secret.
struct MACMistake: Sendable {
    let mistake: Mistake
    /// Returns the 32 bytes that a sender with this mistake computes as the MAC; nil if that takes the secret's bytes, and
    /// they are not known.
    let make: @Sendable (_ body: [UInt8], _ time: [UInt8], _ secret: TokenSecret) throws -> [UInt8]?

    var name: String { mistake.name }

    private init(
        _ name: String,
        _ advice: String,
        _ make: @escaping @Sendable ([UInt8], [UInt8], TokenSecret) throws -> [UInt8]?
    ) {
        mistake = Mistake(name: name, advice: advice)
        self.make = make
    }

    static let all = [
        MACMistake("time-before-body", "the token's time was signed before the body: sign only the body") {
            try hmac($1 + $0, $2)
        },
        MACMistake("time-after-body", "the token's time was signed after the body: sign only the body") {
            try hmac($0 + $1, $2)
        },
        MACMistake(
            "time-colon-body",
            "the token's time and a colon were signed before the body: sign only the body"
        ) {
            try hmac($1 + Array(":".utf8) + $0, $2)
        },
        MACMistake("key-and-message-swapped", "the body was used as the key and the secret as the message: swap them") {
            body,
            _,
            secret in
            try secret.bytes?.withBytes { secret in
                try HMACSHA256(key: SecretBytes(copying: body)).authenticate(secret).withBytes(array)
            }
        },
        MACMistake("plain-sha-256", "the MAC is SHA-256 of the body: use HMAC-SHA-256 with the secret as its key") {
            body,
            _,
            _ in
            try SHA256.digest(body)
        },
        MACMistake(
            "sha-256-of-secret-and-body",
            "the MAC is SHA-256 of the secret and then the body: use HMAC-SHA-256 with the secret as its key"
        ) {
            body,
            _,
            secret in
            try secret.bytes.map { try SHA256.digest($0.withBytes(array) + body) }
        },
        MACMistake(
            "sha-256-of-body-and-secret",
            "the MAC is SHA-256 of the body and then the secret: use HMAC-SHA-256 with the secret as its key"
        ) {
            body,
            _,
            secret in
            try secret.bytes.map { try SHA256.digest(body + $0.withBytes(array)) }
        },
        MACMistake("body-hashed-first", "the body's SHA-256 was signed: sign the body itself") { body, _, secret in
            try hmac(SHA256.digest(body), secret)
        },
    ]

    private static func hmac(_ message: [UInt8], _ secret: TokenSecret) throws -> [UInt8] {
        try secret.hmac.authenticate(message).withBytes(array)
    }

    private static func array(_ bytes: Span<UInt8>) -> [UInt8] {
        bytes.indices.map { bytes[$0] }
    }
}
