import Foundation
import KMCommandLine
import KMJOSE
import KMJSON
import KMSecurity

/// The operations that `kmsec speed` measures, each with its reference.
struct SpeedOperations {
    /// The reference of an operation.
    enum Yardstick: String, Encodable {
        /// The same work in a bare OpenSSL loop.
        case floor = "bare OpenSSL"
        case messageEncrypt = "message-encrypt"
        case messageDecrypt = "message-decrypt"
        /// Reading the document once, byte by byte.
        case read = "reading the bytes"
        /// The same operation on one thread.
        case oneThread = "one thread"
    }

    /// An operation with its reference.
    struct Operation {
        let name: String
        let yardstick: Yardstick
        /// The input size of a call in bytes; nil if the throughput does not matter.
        let byteCount: Int?
        let library: SpeedMeasurement.Rounds
        let reference: SpeedMeasurement.Rounds
    }

    static let names = [
        "message-encrypt", "message-decrypt", "token-sign", "token-verify", "field-encrypt", "field-decrypt",
        "cached-message-encrypt", "cached-message-decrypt", "cached-field-encrypt", "cached-field-decrypt",
        "par-derive", "census", "json-scan",
    ]

    private let pair: RSAPrivateKey
    private let id: CryptoKeyID
    private let keyring: CryptoKeyring
    private let secret: SecretBytes
    private let parameters: [UInt8]
    private let now = Date.now

    /// Prepares the operations.
    ///
    /// - Parameter byteCount: The minimum size of the parameters in bytes. Larger parameters are the documented request
    ///   with a list of cards added.
    /// - Throws: ``KMError`` if OpenSSL fails.
    init(byteCount: Int) throws {
        var parameters = DemoParties.requestParameters
        if byteCount > parameters.count {
            parameters.removeLast()
            parameters += Array(#","list":["#.utf8)
            let card = try Self.card()
            while parameters.count < byteCount { parameters += card + [UInt8(ascii: ",")] }
            parameters += Array("0]}".utf8)
        }
        self.parameters = parameters
        pair = try RSAPrivateKey.generate()
        secret = try SecretBytes(randomCount: 32)
        id = try CryptoKeyID.random()
        keyring = try CryptoKeyring(
            primary: CryptoKey(id: id, encryptionKey: pair.publicKey, decryptionKey: pair, issuedAt: now)
        )
    }

    func operation(_ name: String) throws -> Operation {
        let limits = Streams.limits
        let cipher = try ParameterCipher(keyring: keyring, limits: limits)
        let cached = try ParameterCipher(keyring: keyring, limits: limits, dataKeyCaching: .standard)
        let fields = Endpoint.waitingPhysicalCardsByField.request.protection
        switch name {
        case "message-encrypt":
            let floor = try floor(body: parameters)
            return Operation(name, .floor, sealing(cipher, .message), floor.encrypt)
        case "message-decrypt":
            let floor = try floor(body: parameters)
            _ = try floor.encrypt(1)
            return Operation(name, .floor, try opening(cipher, .message), floor.decrypt)
        case "token-sign":
            return Operation(name, .floor, try signing(), try floor(body: Self.tokenBody).sign)
        case "token-verify":
            return Operation(name, .floor, try verifying(), try floor(body: Self.tokenBody).sign)
        case "field-encrypt":
            return Operation(name, .messageEncrypt, sealing(cipher, fields), sealing(cipher, .message))
        case "field-decrypt":
            return Operation(name, .messageDecrypt, try opening(cipher, fields), try opening(cipher, .message))
        case "cached-message-encrypt":
            return Operation(name, .messageDecrypt, sealing(cached, .message), try opening(cipher, .message))
        case "cached-message-decrypt":
            return Operation(name, .messageDecrypt, try opening(cached, .message), try opening(cipher, .message))
        case "cached-field-encrypt":
            return Operation(name, .messageDecrypt, sealing(cached, fields), try opening(cipher, .message))
        case "cached-field-decrypt":
            return Operation(name, .messageDecrypt, try opening(cached, fields), try opening(cipher, .message))
        case "par-derive":
            // The PAR of a PAN of 16 digits authenticates 39 bytes.
            return Operation(
                name,
                .floor,
                try deriving(),
                try floor(body: [UInt8](repeating: 1, count: 39)).authenticate
            )
        case "census":
            let census = KeyCensus()
            let counting = timed {
                census.record(.sealedRequest, id, peer: "platform")
                return 1
            }
            return Operation(name, .messageEncrypt, counting, sealing(cipher, .message))
        default:
            return try scanning()
        }
    }

    /// Returns a response of the documented shape, with one card.
    private static func card() throws -> [UInt8] {
        DemoParties.answer(par: try PAR("Q180BEA3B2F1BBD8410336D66A4"))
    }

    private static let tokenBody = [UInt8](repeating: UInt8(ascii: "x"), count: 600)

    private func floor(body: [UInt8]) throws -> Floor {
        let header = Base64.url.encode(JWEHeader(encryption: .a256GCM, keyID: id.text).json)
        return try Floor(key: pair, secret: secret, encodedHeader: header, contentKeyByteCount: 32, body: body)
    }

    private func sealing(_ cipher: ParameterCipher, _ protection: Protection) -> SpeedMeasurement.Rounds {
        timed { try cipher.seal(parameters, protection, under: id, at: now).count }
    }

    private func opening(_ cipher: ParameterCipher, _ protection: Protection) throws -> SpeedMeasurement.Rounds {
        let body = try cipher.seal(parameters, protection, under: id, at: now)
        return timed { try cipher.open(body, protection, under: id).count }
    }

    private func signing() throws -> SpeedMeasurement.Rounds {
        let signer = TranTokenSigner(try SecretKey(secret))
        let stamp = try RequestStamp(date: now, timeZone: .kst)
        return timed { try signer.sign(Self.tokenBody, at: stamp).text().utf8.count }
    }

    private func verifying() throws -> SpeedMeasurement.Rounds {
        let verifier = TranTokenVerifier(try SecretKey(secret))
        let stamp = try RequestStamp(date: now, timeZone: .kst)
        let text = try TranTokenSigner(SecretKey(secret)).sign(Self.tokenBody, at: stamp).text()
        return timed {
            try verifier.verify(TranToken(text), body: Self.tokenBody, timeZone: .kst, at: now)
            return 1
        }
    }

    private func deriving() throws -> SpeedMeasurement.Rounds {
        let tokenizer = try PARTokenizer(TokenizationKey(secret))
        let pan = Array("9491339401250765".utf8)
        return timed { try tokenizer.par(forDigits: pan.span).withCharacters { Int($0[26]) } }
    }

    /// Prepares the scanning of a JSON document of one megabyte: a list of responses of the documented shape.
    private func scanning() throws -> Operation {
        let card = try Self.card()
        var document = Array("[".utf8)
        while document.count < 1_000_000 { document += card + [UInt8(ascii: ",")] }
        document += Array("0]".utf8)
        let text = document
        return Operation(
            "json-scan",
            .read,
            byteCount: text.count,
            timed {
                var scanner = JSONScanner()
                var tokens = 0
                while try scanner.next(in: text.span) != .end { tokens += 1 }
                return tokens
            },
            timed { text.reduce(1) { Int($1) &+ $0 } }
        )
    }

    /// Returns a function that runs and times rounds of `call`.
    ///
    /// It adds up the results, so that the compiler cannot leave out a call.
    private func timed(_ call: @escaping @Sendable () throws -> Int) -> SpeedMeasurement.Rounds {
        { count in
            var sum = 0
            let start = ContinuousClock.now
            for _ in 0..<count { sum &+= try call() }
            let duration = start.duration(to: .now)
            guard sum != 0 else { throw KMError(.cryptographyUnavailable, "the operation returned nothing to measure") }
            return duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000
        }
    }
}

extension SpeedOperations.Operation {
    init(
        _ name: String,
        _ yardstick: SpeedOperations.Yardstick,
        byteCount: Int? = nil,
        _ library: @escaping SpeedMeasurement.Rounds,
        _ reference: @escaping SpeedMeasurement.Rounds
    ) {
        self.init(
            name: name,
            yardstick: yardstick,
            byteCount: byteCount,
            library: library,
            reference: reference
        )
    }
}
