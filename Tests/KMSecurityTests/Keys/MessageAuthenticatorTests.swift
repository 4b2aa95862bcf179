import Foundation
import HTTPTypes
import KMDiagnosis
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

/// Secret keys and tokenization keys that are outside this process, behind a ``MessageAuthenticator``.
@Suite("Secret keys and tokenization keys elsewhere") struct MessageAuthenticatorTests {
    private let ends: ClientAndServer

    init() throws { ends = try ClientAndServer() }

    private func device(_ behaviour: MACDevice.Behaviour = .answering) throws -> MACDevice {
        try MACDevice(SecretBytes(ClientAndServer.secretText), behaviour)
    }

    @Test("A token from a device is the one from memory, and each end accepts the other's", arguments: [false, true])
    func calls(clientIsLocal: Bool) async throws {
        let device = try device()
        let elsewhere = SecretKey(elsewhere: device)
        let client = try ends.client(secretKey: clientIsLocal ? ends.secretKey : elsewhere)
        let server = try ends.server(credentials: ends.credentials(clientIsLocal ? elsewhere : ends.secretKey))
        for (number, protection) in [Protection.message, .none].enumerated() {
            let endpoint = Endpoint("/", request: Endpoint.Rule(protection), response: .message)
            let request = try await client.seal(ClientAndServer.parameters, for: endpoint)
            let call = try await server.open(request.headers, request.body, for: endpoint)
            #expect(call.parameters == ClientAndServer.parameters)
            #expect(device.count == number + 1)
            let other = try TranTokenSigner(ends.secretKey).sign(
                request.body,
                at: RequestStamp(date: ends.now, timeZone: .kst)
            )
            #expect(request.headers[.kmTranToken] == other.text())
        }
    }

    @Test("A wrong token is rejected, after one question to each device of the caller") func wrongToken() async throws {
        let (device, other) = (try device(), try MACDevice(SecretBytes("another secret key of this test")))
        let credentials = ends.credentials(SecretKey(elsewhere: device), SecretKey(elsewhere: other))
        let server = try ends.server(credentials: credentials)
        let draft = ends.draft()
        let changed = draft.body + " ".bytes
        await #expect(throws: KMError(.tokenMismatch)) {
            try await server.open(draft.fields(), changed, for: Endpoint("/", request: .plain, response: .message))
        }
        #expect((device.count, other.count) == (1, 1))
    }

    @Test("A device that fails, or gives no HMAC-SHA-256, is the server's error and the client's") func failures()
        async throws
    {
        for behaviour in [MACDevice.Behaviour.down, .short, .misleading] {
            let elsewhere = SecretKey(elsewhere: try device(behaviour))
            let server = try ends.server(credentials: ends.credentials(elsewhere))
            let draft = ends.draft()
            let response = await server.respond(to: try draft.fields(), draft.body) { $0.parameters }
            #expect(response.status == .internalServerError)
            let client = try ends.client(secretKey: elsewhere)
            let error = await #expect(throws: (any Error).self) {
                try await client.seal(ClientAndServer.parameters, for: .waitingPhysicalCards)
            }
            switch behaviour {
            case .down: #expect(error is MACDevice.Outage)
            case .short: #expect((error as? DeviceFailure)?.underlying.code == .macInvalid)
            default: #expect((error as? DeviceFailure)?.underlying.code == .limitExceeded)
            }
        }
    }

    @Test("A token that becomes stale while the device works is rejected") func slowDevice() async throws {
        let device = try device(.slow { [clock = ends.clock] in clock.set(clock.now().addingTimeInterval(301)) })
        let server = try ends.server(credentials: ends.credentials(SecretKey(elsewhere: device)))
        await #expect(throws: KMError(.tokenStale)) { try await server.open(ends.draft()) }
    }

    @Test("What needs the key in memory says so") func memory() throws {
        let elsewhere = SecretKey(elsewhere: try device())
        let stamp = try RequestStamp(date: ends.now, timeZone: .utc)
        #expect(throws: KMError(.secretKeyElsewhere)) { try TranTokenSigner(elsewhere).sign([1], at: stamp) }
        let token = try TranTokenSigner(ends.secretKey).sign([1], at: stamp)
        #expect(throws: KMError(.secretKeyElsewhere)) {
            try TranTokenVerifier(elsewhere).verify(token, body: [1], timeZone: .utc, at: ends.now)
        }
        #expect(elsewhere.byteCount == nil)
        #expect(!elsewhere.isShort)
        #expect("\(elsewhere)" == "SecretKey(elsewhere)")
    }

    @Test("A judgment asks the device, and says when it fails") func judgment() async throws {
        let draft = ends.draft()
        let cases: [(MACDevice.Behaviour, Judgment.Step.Outcome)] = [(.answering, .passed), (.down, .notChecked)]
        for (behaviour, outcome) in cases {
            let elsewhere = SecretKey(elsewhere: try device(behaviour))
            let judge = RequestJudge(.init(credentials: ends.credentials(elsewhere), keyring: ends.serverRing))
            let fields = try draft.fields()
            let request = ReceivedRequest(method: .post, path: "/", headers: fields, body: draft.body, date: ends.now)
            let judgment = await judge.judge(request, endpoint: Endpoint("/", request: .plain)).judgment
            let step = judgment.steps.first { $0.name == .token }
            #expect(step?.outcome == outcome)
        }
    }

    @Test("PARs from devices are those of the same keys in memory") func pars() async throws {
        let secrets = try (0..<3).map { _ in try SecretBytes(randomCount: 32) }
        let local = try secrets.enumerated().map { try TokenizationKey($0.element, version: UInt32($0.offset + 1)) }
        var keys: [ExternalTokenizationKey] = []
        for (index, secret) in secrets.enumerated() {
            keys.append(try await ExternalTokenizationKey(MACDevice(secret), version: UInt32(index + 1)))
        }
        #expect(keys.map(\.keyCheckValue) == local.map(\.keyCheckValue))
        for prefix in [PAR.Prefix.platform, try PAR.Prefix("KM01")] {
            let memory = try PARTokenizer(local[2], former: [local[1], local[0]], prefix: prefix)
            let devices = try ExternalPARTokenizer(keys[2], former: [keys[1], keys[0]], prefix: prefix)
            #expect(devices.versions == memory.versions)
            for number in ["9491339401250765", "949133940120", "9491339401250765009"] {
                let pan = try PAN(number)
                let par = try await devices.par(for: pan)
                #expect(try par == memory.par(for: pan))
                #expect(try await devices.derivations(for: pan) == memory.derivations(for: pan))
                #expect(try await devices.par(for: pan, version: 1) == memory.par(for: pan, version: 1))
                #expect(try await devices.version(of: memory.par(for: pan, version: 2), for: pan) == 2)
                #expect(try await devices.version(of: par, for: PAN("9491339401250773")) == nil)
            }
            await #expect(throws: KMError(.keyVersionUnknown)) {
                try await devices.par(for: PAN("9491339401250765"), version: 4)
            }
        }
        let first = keys[0]
        #expect(throws: KMError(.keyVersionRepeated)) { try ExternalPARTokenizer(first, former: [first]) }
        await #expect(throws: KMError(.macInvalid)) { try await ExternalTokenizationKey(MACDevice(secrets[0], .short)) }
        await #expect(throws: MACDevice.Outage.self) { try await ExternalTokenizationKey(MACDevice(secrets[0], .down)) }
    }
}
