import Dispatch
import Foundation
import HTTPTypes
import KMDiagnosis
import KMPrimitives
import KMSecurity
import KMTestSupport
import KMWire
import Synchronization

/// Judges requests and responses; the judge must decide as a server and as a client do, and must not show card numbers.
///
/// The first byte selects the endpoint, the party and whether the body is signed. Lines of `Name:value` replace headers
/// of a valid request, up to an empty line. The rest is the body. The keys are those of the vectors, so that findings are
/// reproducible.
struct Calls {
    private static let date = Date(timeIntervalSince1970: 1_804_250_096)
    private static let time = "20270305123456"

    private let ring: CryptoKeyring
    private let key: CryptoKeyID
    private let aspID: AspID
    private let accessKey: AccessKey
    private let secret: SecretBytes
    private let servers: [ServerSecurity]
    private let judges: [RequestJudge]
    private let responseJudge: ResponseJudge
    private let endpoints: [Endpoint]

    static func prepared() -> Calls {
        do {
            return try Calls()
        } catch {
            fatalError("the fuzz target cannot be prepared: \(error)")
        }
    }

    private init() throws {
        let keys = try ReferenceVectors("message-decrypt").openerKeys() + ReferenceVectors("field-decrypt").openerKeys()
        ring = try CryptoKeyring(
            keys.map { key in
                let id = try CryptoKeyID(key.id)
                return key.isDiscarded
                    ? CryptoKey(discarded: id)
                    : try CryptoKey(
                        id: id,
                        encryptionKey: key.privateKey.publicKey,
                        decryptionKey: key.privateKey,
                        issuedAt: .distantPast
                    )
            },
            primary: nil
        )
        key = try CryptoKeyID(keys[0].id)
        aspID = try AspID("000170000000000")
        accessKey = try AccessKey("0123456789abcdef0123456789abcdef01234567")
        secret = try SecretBytes(copying: Array("q7Zx-9vKw!Jp2LrM8nTb4YcD6fHs0GaQ".utf8))
        let credential = Credential(secretKey: try SecretKey(secret), aspID: aspID, cryptoKeyIDs: .insecureAny)
        let credentials = StaticCredentials([.accessKey(accessKey): [credential], .callback(aspID): [credential]])
        let (ring, secret) = (ring, secret)
        let parties = [ServerSecurity.Party.platform, .serviceProvider]
        servers = try parties.map { party in
            try ServerSecurity(
                party: party,
                credentials: credentials,
                keyring: ring,
                replayGuard: EveryRequestIsNew(),
                configuration: .init(replayRetention: .insecureFreshnessWindowOnly),
                clock: { Self.date }
            )
        }
        judges = parties.map { party in
            RequestJudge(.init(party: party, credentials: credentials, keyring: ring, secretKeys: [secret]))
        }
        responseJudge = ResponseJudge(keyring: ring)
        let (message, fields) = (Endpoint.waitingPhysicalCards, Endpoint.waitingPhysicalCardsByField)
        endpoints = [
            message, fields,
            Endpoint("/plain", request: .init(.none)),
            Endpoint("/either", request: .init(insecureAcceptingPlain: fields.request.protection)),
        ]
    }

    func run(_ input: [UInt8]) {
        guard let flags = input.first else { return }
        let endpoint = endpoints[Int(flags & 3)]
        let party = Int(flags >> 2 & 1)
        let (parsed, body) = parse(input.dropFirst(), hasAccessKey: party == 0)
        var signed = parsed
        if flags & 8 == 0 { signed[.kmTranToken] = token(body) }
        let fields = signed
        let request = ReceivedRequest(method: .post, path: endpoint.path, headers: fields, body: body, date: Self.date)
        let (server, judge, responseJudge) = (servers[party], judges[party], responseJudge)
        Self.wait {
            var code: String?
            do {
                _ = try await server.open(request.headers, request.body, for: endpoint)
            } catch let error as KMError {
                code = error.code.description
            } catch {
                fatalError("another error than KMError: \(error)")
            }
            let judgment = await judge.judge(request, endpoint: endpoint).judgment
            precondition((judgment.code == "parametersInvalid" ? nil : judgment.code) == code, judgment.summary)
            Self.check(judgment)
            let response = ReceivedResponse(status: .ok, headers: fields, body: body, date: Self.date)
            Self.check(await responseJudge.judge(response, to: endpoint, requestHeaders: fields).judgment)
            let unknown = ReceivedRequest(
                method: .get,
                path: String(decoding: body.prefix(64), as: UTF8.self),
                headers: fields,
                body: body,
                date: Self.date
            )
            Self.check(await judge.judge(unknown, endpoint: nil).judgment)
        }
        precondition(OpenSSL.drainErrorQueue() == 0)
    }

    /// Checks that no text of a judgment has a card number.
    private static func check(_ judgment: Judgment) {
        guard let text = try? JSONEncoder().encode(judgment) else {
            fatalError("a judgment that JSON cannot represent")
        }
        precondition(PANScanner.findings(in: Array(text).span).isEmpty)
    }

    private func parse(_ input: ArraySlice<UInt8>, hasAccessKey: Bool) -> (fields: HTTPFields, body: [UInt8]) {
        var fields = HTTPFields()
        fields[.kmUserAspID] = aspID.text
        fields[.kmCorrelationID] = "\(Self.time.dropFirst(2))-0a1b2c3"
        if hasAccessKey { fields[.kmAccessKey] = accessKey.text }
        fields[.kmCryptoKeyID] = key.text
        fields[.kmTranTime] = Self.time
        fields[.kmTimeZone] = "UTC"
        var rest = input
        while let end = rest.firstIndex(of: 0x0A) {
            let line = rest[rest.startIndex..<end]
            rest = rest[(end + 1)...]
            guard !line.isEmpty else { break }
            let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = HTTPField.Name(String(decoding: parts[0], as: UTF8.self)) else { continue }
            let value = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : nil
            if fields[name] == value, let value {
                fields.append(HTTPField(name: name, value: value))
            } else {
                fields[name] = value
            }
        }
        return (fields, Array(rest))
    }

    private func token(_ body: [UInt8]) -> String? {
        let mac = try? HMACSHA256(key: secret).authenticate(body).exposed
        return mac.map {
            "KMV1:\(Self.time)000:\(String(decoding: ReferenceBase64.standard.encode($0), as: UTF8.self))"
        }
    }

    /// Runs asynchronous work and waits for it.
    private static func wait(_ work: @escaping @Sendable () async -> Void) {
        let done = DispatchSemaphore(value: 0)
        Task.detached {
            await work()
            done.signal()
        }
        done.wait()
    }
}

/// A replay guard for which every request is new, because the fuzzer repeats its inputs.
private struct EveryRequestIsNew: ReplayGuard {
    func claim(_ request: ReplayClaimRequest) -> ReplayClaim { .first }
}
