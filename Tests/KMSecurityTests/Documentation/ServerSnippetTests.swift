import Foundation
import HTTPTypes
import KMDiagnosis
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Logging
import Synchronization
import Testing

/// Runs the snippets of the article GettingStartedServer.
struct ServerSnippetTests {
    private static let parameters = #"{"userId":50000104652}"#.bytes

    @Test func eachProviderCanUseOnlyItsOwnKeys() async throws {
        let validity = Date.now.addingTimeInterval(-60)...Date.now.addingTimeInterval(3600)
        let ours = try TestKeys.first()
        func provider(_ digit: String, _ key: RSAPrivateKey) throws -> ServerSnippets.Provider {
            ServerSnippets.Provider(
                accessKey: try AccessKey(String(repeating: digit, count: 40)),
                secret: try SecretKey(SecretBytes(randomCount: 32)),
                aspID: try AspID(String(repeating: digit, count: 15)),
                keyID: try CryptoKeyID.random(),
                certificate: try Certificate.selfSigned(key, commonName: digit, validity: validity),
                ourKey: ours,
                issue: .now
            )
        }
        let providers = [try provider("1", TestKeys.second()), try provider("2", TestKeys.third())]
        let keys = [try TestKeys.second(), try TestKeys.third()]
        let replays = InMemoryReplayGuard()
        let (_, server) = try ServerSnippets.server(providers[0], providers[1], replayGuard: replays)
        func client(_ number: Int, as other: Int, id: CryptoKeyID? = nil) throws -> ClientSecurity {
            let key = try CryptoKey(
                id: id ?? providers[other].keyID,
                encryptionKey: ours.publicKey,
                decryptionKey: keys[number],
                issuedAt: .now
            )
            return try ClientSecurity(
                party: .serviceProvider(providers[number].accessKey),
                aspID: providers[number].aspID,
                secretKey: providers[number].secret,
                keyring: CryptoKeyring(primary: key)
            )
        }
        for number in providers.indices {
            let (own, foreign) = (try client(number, as: number), try client(number, as: 1 - number))
            let request = try own.seal(Self.parameters, protection: .message)
            let call = try await server.open(request.headers, request.body)
            #expect(call.credentialName.hasPrefix(["first", "second"][number]))
            let reply = try server.seal(Self.parameters, answering: call)
            #expect(try await own.open(reply.headers, reply.body, answering: request).parameters == Self.parameters)
            let stolen = try foreign.seal(Self.parameters, protection: .message)
            #expect(await rejection { try await server.open(stolen.headers, stolen.body) } == .keyUnknown)
        }
        let request = try client(0, as: 0).seal(Self.parameters, protection: .message)
        _ = try await server.open(request.headers, request.body)
        #expect(await rejection { try await server.open(request.headers, request.body) } == .replayed)
    }

    @Test func keysAndCredentialsChangeWhileTheServerRuns() async throws {
        let ends = try ClientAndServer(at: .now)
        let fresh = try CryptoKeyID.random()
        func credentials(_ keyID: CryptoKeyID) -> StaticCredentials {
            StaticCredentials([
                .accessKey(ends.accessKey): [
                    Credential(secretKey: ends.secretKey, aspID: ends.aspID, cryptoKeyIDs: [keyID])
                ]
            ])
        }
        let (keyring, live) = (LiveKeyring(ends.serverRing), LiveCredentials(credentials(ends.keyID)))
        let server = try ServerSecurity(
            credentials: live,
            keyring: keyring,
            configuration: .init(replayRetention: .seconds(3600))
        )
        let newClient = try ends.client(
            keyring: CryptoKeyring(primary: ClientAndServer.clientKey(fresh, issuedAt: .now))
        )
        let old = try ends.client().seal(Self.parameters, protection: .message)
        let new = try newClient.seal(Self.parameters, protection: .message)
        _ = try await server.open(old.headers, old.body)
        #expect(await rejection { try await server.open(new.headers, new.body) } == .keyUnknown)
        let newKey = try ClientAndServer.serverKey(fresh, issuedAt: .now)
        try ServerSnippets.rotate(keyring, live, newKey, credentials(fresh))
        _ = try await server.open(new.headers, new.body)
        // The replay guard still remembers the requests from before the change.
        #expect(await rejection { try await server.open(new.headers, new.body) } == .replayed)
        let late = try ends.client().seal(Self.parameters, protection: .message)
        #expect(await rejection { try await server.open(late.headers, late.body) } == .keyUnknown)
    }

    @Test func theHandlerAnswersSuccessRejectionAndFailure() async throws {
        let ends = try ClientAndServer(at: .now)
        let client = try ends.client()
        struct Outage: Error {}
        func status(_ request: SealedRequest, _ answer: Result<[UInt8]?, Outage>) async -> (Int, [UInt8]) {
            let snippets = ServerSnippets(server: ends.server, cards: { _ in try answer.get() })
            let response = await snippets.handle(request.headers, request.body)
            return (response.status.code, response.body)
        }
        func request() throws -> SealedRequest { try client.sealLocally(Self.parameters, for: .waitingPhysicalCards) }
        let first = try request()
        #expect(await status(first, .success("{}".bytes)).0 == 200)
        let again = await status(first, .success("{}".bytes))
        #expect(again.0 == 400)
        #expect(again.1 == PlatformError.invalidInputParameter.result.body)
        let nothing = await status(try request(), .success(nil))
        #expect(nothing.0 == 400)
        #expect(nothing.1 == PlatformError.notFoundIssuedCards.result.body)
        #expect(await status(try request(), .failure(Outage())).0 == 500)
        #expect(await status(try request(), .success("no JSON".bytes)).0 == 500)
    }

    @Test func theResponseIdentifiesACardByItsPAR() async throws {
        let ends = try ClientAndServer(at: .now)
        let request = try ends.client().seal(#"{"physicalCardNo":"9491339401250765"}"#.bytes)
        let call = try await ends.server.open(request.headers, request.body)
        let tokenizer = try PARTokenizer(TokenizationKey(SecretBytes(randomCount: 32)))
        let answer = Array(try ServerSnippets.card(call, tokenizer, Logger(label: "cards")))
        let par = try tokenizer.par(for: PAN("9491339401250765"))
        #expect(String(decoding: answer, as: UTF8.self).contains(par.text))
        #expect(ServerSnippets.scan(answer).map(\.masked) == ["949133******0765"])
        #expect(ServerSnippets.scan(request.body) == [])
    }

    @Test func fieldsMustBeEncryptedWhereTheEndpointSaysSo() async throws {
        let ends = try ClientAndServer(at: .now)
        let parameters =
            #"{"physicalCardNo":"9491339401250765","physicalCardExpDate":"3108","physicalCardCVC":"211"}"#.bytes
        let protection = Endpoint.waitingPhysicalCardsByField.request.protection
        let request = try ends.client().seal(parameters, protection: protection)
        #expect(try await ServerSnippets.byField(ends.server, request.headers, request.body).parameters == parameters)
        let plain = try ends.client().seal(parameters, protection: .none)
        let code = await rejection { try await ServerSnippets.byField(ends.server, plain.headers, plain.body) }
        #expect(code == .protectionRequired)
    }

    @Test func endpointsAreReadFromAFile() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Sources/KMWire/Endpoints/endpoints.json").standardized
        let endpoint = try ServerSnippets.cardInfo(file.path(percentEncoded: false))
        #expect(endpoint.request == .message)
        #expect(rejection { try ServerSnippets.cardInfo("/nonexistent") } == .fileUnreadable)
    }

    @Test func optionalFieldsMayBeMissingFromSomeItems() throws {
        let ends = try ClientAndServer(at: .now)
        let cipher = try ParameterCipher(keyring: ends.clientRing)
        let loose = try ServerSnippets.loosely().response.protection
        let item = #"{"values":{"points":[{"policyId":"1"}]}}"#
        func seal(_ items: String) -> KMError.Code? {
            rejection { try cipher.seal("{\"issuedCardList\":[\(items)]}".bytes, loose, under: ends.keyID, at: .now) }
        }
        #expect(seal(#"\#(item),{"values":{}}"#) == nil)
        #expect(seal(#"{"values":{}}"#) == .fieldMissing)
    }

    @Test func credentialsAreCachedUntilForgotten() async throws {
        let ends = try ClientAndServer(at: .now)
        let loads = Mutex(0)
        let (known, secretKey) = (Caller.accessKey(ends.accessKey), ends.secretKey)
        let source = ServerSnippets.CachedCredentials { caller in
            loads.withLock { $0 += 1 }
            return caller == known
                ? [Credential(secretKey: secretKey, aspID: ends.aspID, cryptoKeyIDs: [ends.keyID])] : []
        }
        for _ in 0..<3 {
            #expect(try await source.credentials(for: known).count == 1)
            #expect(try await source.credentials(for: .callback(ends.aspID)).isEmpty)
        }
        #expect(loads.withLock { $0 } == 2)
        await source.forget()
        _ = try await source.credentials(for: known)
        #expect(loads.withLock { $0 } == 3)
    }

    @Test func aSharedStoreWorksAsAReplayGuard() async throws {
        let ends = try ClientAndServer(at: .now)
        let store = Mutex<[String: String]>([:])
        let replays = ServerSnippets.SharedReplayGuard(
            count: { share in store.withLock { $0.values.count { $0 == share } } },
            setIfAbsent: { key, share, _ in
                store.withLock { keys in
                    guard keys[key] == nil else { return false }
                    keys[key] = share
                    return true
                }
            },
            limit: 2
        )
        let servers = try (0..<2).map { _ in
            try ServerSecurity(
                credentials: StaticCredentials(insecureForAnyAspIDAndCryptoKey: [ends.accessKey: [ends.secretKey]]),
                keyring: ends.serverRing,
                replayGuard: replays,
                configuration: .init(replayRetention: .seconds(86_400))
            )
        }
        let request = try ends.client().seal(Self.parameters, protection: .message)
        _ = try await servers[0].open(request.headers, request.body)
        #expect(await rejection { try await servers[1].open(request.headers, request.body) } == .replayed)
        #expect(store.withLock { $0.keys.allSatisfy { $0.hasPrefix("km:") } })
        #expect(store.withLock { Set($0.values) } == ["encrypted:accessKey:\(ends.accessKey)"])
        for (protection, code) in [(Protection.message, nil), (.message, .replayGuardFull), (.none, nil)]
            as [(Protection, KMError.Code?)]
        {
            let other = try ends.client().seal(Self.parameters, protection: protection)
            let found = await rejection { try await servers[1].open(other.headers, other.body, protection: protection) }
            #expect(found == code)
        }
    }

    @Test func aCallbackIsSentAndAnswered() async throws {
        let ends = try ClientAndServer(at: .now)
        let answer = #"{"response":{"code":"000_000","message":"Success."}}"#.bytes
        let replays = InMemoryReplayGuard()
        let received = Mutex<[[UInt8]]>([])
        func callback(_ request: SealedRequest) async throws -> SealedResponse {
            #expect(request.headers[.kmAccessKey] == nil)
            return try await ServerSnippets.callback(
                request.headers,
                request.body,
                aspID: ends.aspID,
                callbackSecret: ends.secretKey,
                keyID: ends.keyID,
                keyring: ends.serverRing,
                replayGuard: replays
            ) { parameters in
                received.withLock { $0.append(parameters) }
                return answer
            }
        }
        func send(twice: Bool) async throws -> OpenedResponse {
            try await ServerSnippets.platform(
                Self.parameters,
                aspID: ends.aspID,
                callbackSecret: ends.secretKey,
                keyring: ends.clientRing
            ) { request in
                if twice { _ = try await callback(request) }
                let response = try await callback(request)
                return (response.status.code, response.headers, response.body)
            }
        }
        #expect(try await send(twice: false).parameters == answer)
        #expect(received.withLock { $0 } == [Self.parameters])
        await #expect(throws: PlatformError.invalidInputParameter) { try await send(twice: true) }
        #expect(received.withLock { $0.count } == 2)
    }

    @Test func bothEndsWorkInOneProcess() async throws {
        var codes: [KMError.Code] = []
        let done = try await ServerSnippets.bothEnds { codes.append($1.code) }
        #expect(done.parameters == Self.parameters)
        #expect(done.answer == #"{"issuedCardList":[]}"#.bytes)
        #expect(codes == [.replayed])
    }
}
