import Foundation
import KMCommandLine
import KMJOSE
import KMJSON
import KMSecurity

/// The operations that `kmsec speed` measures, each with its reference.
struct SpeedOperations {
    /// The reference of an operation.
    enum Yardstick: Encodable, CustomStringConvertible {
        /// The same work in a bare OpenSSL loop.
        case floor
        /// Another operation.
        case operation(String)
        /// Reading the document once, byte by byte.
        case read
        /// The same operation on one thread.
        case oneThread

        var description: String {
            switch self {
            case .floor: "bare OpenSSL"
            case .operation(let name): name
            case .read: "reading the bytes"
            case .oneThread: "one thread"
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(description)
        }
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

    /// The rounds that fill caches before a profile.
    static let warmUpRounds = 100

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
        let fields = Endpoint.waitingPhysicalCardsByField.request.protection
        let protection = name.contains("field") ? fields : .message
        let cipher = try ParameterCipher(
            keyring: keyring,
            limits: limits,
            dataKeyCaching: name.hasPrefix("cached") ? .standard : nil
        )
        switch name {
        case "message-encrypt", "field-encrypt":
            return try against(.encrypt, of: protection, name, sealing(cipher, protection))
        case "message-decrypt", "field-decrypt":
            return try against(.decrypt, of: protection, name, opening(cipher, protection))
        case "cached-message-encrypt", "cached-field-encrypt":
            return try against(.encryptCached, of: protection, name, sealing(cipher, protection))
        case "cached-message-decrypt", "cached-field-decrypt":
            return try against(.decryptCached, of: protection, name, opening(cipher, protection))
        case "token-sign": return try against(.sign, body: Self.tokenBody, name, signing())
        case "token-verify": return try against(.verify, body: Self.tokenBody, name, verifying())
        case "par-derive":
            // The PAR of a PAN of 16 digits authenticates 39 bytes.
            return try against(.authenticate, body: [UInt8](repeating: 1, count: 39), name, deriving())
        case "census":
            let census = KeyCensus()
            let counting = timed {
                census.record(.sealedRequest, id, peer: "platform")
                return 1
            }
            return Operation(name, .operation("message-encrypt"), counting, sealing(cipher, .message))
        default:
            return try scanning()
        }
    }

    /// Returns an operation with the bare loop for a protected message as its reference.
    private func against(
        _ loop: Floor.Loop,
        of protection: Protection,
        _ name: String,
        _ library: @escaping SpeedMeasurement.Rounds
    ) throws -> Operation {
        let (parts, after) = try document(protection)
        let floor = try Floor(key: pair, secret: secret, parts: parts, after: after, contentKeyByteCount: 32)
        return Operation(name, .floor, library, floor.rounds(loop))
    }

    /// Returns an operation with the bare loop for a MAC as its reference.
    private func against(
        _ loop: Floor.Loop,
        body: [UInt8],
        _ name: String,
        _ library: @escaping SpeedMeasurement.Rounds
    ) throws -> Operation {
        let part = Floor.Part(before: [], header: [], plaintext: body)
        let floor = try Floor(key: pair, secret: secret, parts: [part], after: [], contentKeyByteCount: 32)
        return Operation(name, .floor, library, floor.rounds(loop))
    }

    /// Returns the parts of the parameters as the library seals them: everything but what is encrypted.
    private func document(_ protection: Protection) throws -> (parts: [Floor.Part], after: [UInt8]) {
        let body = try ParameterCipher(keyring: keyring, limits: Streams.limits)
            .seal(parameters, protection, under: id, at: now)
        let (selection, plaintexts): (FieldSelection, [[UInt8]])
        if case .fields(let fields) = protection {
            (selection, plaintexts) = (fields, try values(fields, in: parameters).map { Array(parameters[$0]) })
        } else {
            (selection, plaintexts) = (try FieldSelection(["$.encData"]), [parameters])
        }
        var copied = 0
        let parts = try zip(values(selection, in: body), plaintexts).map { value, plaintext in
            let message = body[value.lowerBound + 1..<value.upperBound - 1]
            defer { copied = message.endIndex }
            return Floor.Part(
                before: Array(body[copied..<message.startIndex]),
                header: Array(message.prefix { $0 != UInt8(ascii: ".") }),
                plaintext: plaintext
            )
        }
        return (parts, Array(body[copied...]))
    }

    private func values(_ selection: FieldSelection, in body: [UInt8]) throws -> [Range<Int>] {
        try FieldMatcher.matches(selection, in: body.span, limits: Streams.limits.matcherLimits).map(\.range)
    }

    /// Returns a response of the documented shape, with one card.
    private static func card() throws -> [UInt8] {
        DemoParties.answer(par: try PAR("Q180BEA3B2F1BBD8410336D66A4"))
    }

    private static let tokenBody = [UInt8](repeating: UInt8(ascii: "x"), count: 600)

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
    /// Returns this operation with another one as its reference, or unchanged if there is none.
    func compared(with other: Self?) -> Self {
        guard let other else { return self }
        return Self(name, .operation(other.name), byteCount: byteCount, library, other.library)
    }

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
