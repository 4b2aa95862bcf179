import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

@Suite("Credentials")
struct CredentialTests {
    private let ends: ClientAndServer
    private let old: SecretKey
    private let new: SecretKey

    init() throws {
        ends = try ClientAndServer()
        old = try ClientAndServer.secretKey("the old secret")
        new = try ClientAndServer.secretKey("the new secret")
    }

    private func server(_ credentials: Credential...) throws -> ServerSecurity {
        try ends.server(credentials: StaticCredentials([.accessKey(ends.accessKey): credentials]))
    }

    private func draft(_ secretKey: SecretKey, aspID: String? = nil) -> RequestDraft {
        var draft = ends.draft()
        draft.secretKey = secretKey
        if let aspID { (draft.aspID, draft.correlationID) = (aspID, "270305123456-\(aspID.suffix(7))") }
        return draft
    }

    private func validity(_ from: TimeInterval, _ to: TimeInterval) -> ClosedRange<Date> {
        ClientAndServer.start.addingTimeInterval(from)...ClientAndServer.start.addingTimeInterval(to)
    }

    @Test("Two secrets are accepted during a rotation, and the credential's name says which one was used")
    func rotation() async throws {
        let server = try server(
            Credential(name: "old", insecureForAnyAspID: old, cryptoKeyIDs: .insecureAny),
            Credential(name: "new", insecureForAnyAspID: new, cryptoKeyIDs: .insecureAny)
        )
        #expect(try await server.open(draft(old)).credentialName == "old")
        #expect(try await server.open(draft(new)).credentialName == "new")
        let foreign = try ClientAndServer.secretKey("the old secret\n")
        #expect(try await server.rejection(draft(foreign)) == .tokenMismatch)
    }

    @Test("Secrets without names are numbered")
    func numbers() async throws {
        let server = try ends.server(
            credentials: StaticCredentials(insecureForAnyAspIDAndCryptoKey: [ends.accessKey: [old, new]])
        )
        #expect(try await server.open(draft(old)).credentialName == "1")
        #expect(try await server.open(draft(new)).credentialName == "2")
    }

    @Test("A secret is rejected outside its validity", arguments: [(-10, -0.001), (0.001, 10)] as [(Double, Double)])
    func outsideValidity(from: TimeInterval, to: TimeInterval) async throws {
        let server = try server(
            Credential(name: "old", insecureForAnyAspID: old, cryptoKeyIDs: .insecureAny, validity: validity(from, to)),
            Credential(name: "new", insecureForAnyAspID: new, cryptoKeyIDs: .insecureAny)
        )
        #expect(try await server.rejection(draft(old)) == .credentialNotValid)
        #expect(try await server.rejection(draft(new)) == nil)
    }

    @Test(arguments: [(-10, 0), (0, 10), (0, 0)] as [(Double, Double)])
    func aSecretIsAcceptedAtBothEndsOfItsValidity(from: TimeInterval, to: TimeInterval) async throws {
        let server = try server(
            Credential(name: "old", insecureForAnyAspID: old, cryptoKeyIDs: .insecureAny, validity: validity(from, to))
        )
        #expect(try await server.open(draft(old)).credentialName == "old")
    }

    @Test("A secret with two periods of validity is accepted in both, and rejected between them")
    func secretIssuedAgain() async throws {
        let server = try server(
            Credential(
                name: "first",
                insecureForAnyAspID: old,
                cryptoKeyIDs: .insecureAny,
                validity: validity(-100, -50)
            ),
            Credential(
                name: "second",
                insecureForAnyAspID: old,
                cryptoKeyIDs: .insecureAny,
                validity: validity(-10, 10)
            )
        )
        #expect(try await server.open(draft(old)).credentialName == "second")
        ends.clock.set(ClientAndServer.start - 75)
        var early = draft(old)
        early.setTime("20270305123341789")
        #expect(try await server.open(early).credentialName == "first")
        ends.clock.set(ClientAndServer.start - 30)
        early.setTime("20270305123426789")
        #expect(try await server.rejection(early) == .credentialNotValid)
    }

    @Test("A secret is rejected with another ASP id")
    func aspID() async throws {
        let server = try server(
            Credential(name: "bound", secretKey: old, aspID: ends.aspID, cryptoKeyIDs: .insecureAny)
        )
        #expect(try await server.rejection(draft(old)) == nil)
        #expect(try await server.rejection(draft(old, aspID: "000170000000001")) == .callerUnknown)
        #expect(try await server.rejection(draft(new, aspID: "000170000000001")) == .tokenMismatch)
    }

    @Test("A credential for any ASP id accepts every ASP id")
    func anyAspID() async throws {
        for aspID in [ends.aspID.text, "000170000000001"] {
            let server = try server(Credential(insecureForAnyAspID: old, cryptoKeyIDs: .insecureAny))
            #expect(try await server.rejection(draft(old, aspID: aspID)) == nil)
        }
    }

    @Test("A secret shared by two ASP ids is accepted for both, and rejected for a third")
    func sharedSecret() async throws {
        let server = try server(
            Credential(name: "one", secretKey: old, aspID: try AspID("000170000000001"), cryptoKeyIDs: .insecureAny),
            Credential(name: "two", secretKey: old, aspID: try AspID("000170000000002"), cryptoKeyIDs: .insecureAny)
        )
        #expect(try await server.open(draft(old, aspID: "000170000000001")).credentialName == "one")
        #expect(try await server.open(draft(old, aspID: "000170000000002")).credentialName == "two")
        #expect(try await server.rejection(draft(old, aspID: "000170000000003")) == .callerUnknown)
    }

    @Test("A valid credential of another ASP id does not replace an expired one")
    func expiredForOneForeignForTheOther() async throws {
        let server = try server(
            Credential(
                name: "expired",
                secretKey: old,
                aspID: ends.aspID,
                cryptoKeyIDs: .insecureAny,
                validity: validity(-10, -1)
            ),
            Credential(name: "foreign", secretKey: old, aspID: try AspID("000170000000002"), cryptoKeyIDs: .insecureAny)
        )
        #expect(try await server.rejection(draft(old)) == .credentialNotValid)
    }

    @Test("An unknown access key is rejected, and so is one without secrets")
    func unknown() async throws {
        var draft = ends.draft()
        let nobody = StaticCredentials([Caller: [Credential]]())
        #expect(try await ends.server(credentials: nobody).rejection(draft) == .callerUnknown)
        #expect(try await server().rejection(draft) == .callerUnknown)
        draft.accessKey = String(draft.accessKey?.reversed() ?? [])
        #expect(try await ends.server().rejection(draft) == .callerUnknown)
    }

    @Test("Another caller's secret is rejected")
    func anotherCallersSecret() async throws {
        let other = try AccessKey(String(repeating: "b", count: 40))
        let server = try ends.server(
            credentials: StaticCredentials(insecureForAnyAspIDAndCryptoKey: [ends.accessKey: [old], other: [new]])
        )
        #expect(try await server.rejection(draft(new)) == .tokenMismatch)
        var draft = draft(new)
        draft.accessKey = other.text
        #expect(try await server.rejection(draft) == nil)
    }

    @Test("An answer to a request that named no key uses the primary key only if the credential may use it")
    func primaryKeyOfAnAnswer() async throws {
        let ring = try CryptoKeyring(primary: ClientAndServer.serverKey(ends.keyID))
        let endpoint = Endpoint("/plain", request: .plain)
        var draft = ends.draft()
        draft.cryptoKeyID = nil
        let cases: [(Credential.CryptoKeyIDs, KMError.Code?)] = [([ends.keyID], nil), ([], .keyUnknown)]
        for (ids, code) in cases {
            let credential = Credential(secretKey: ends.secretKey, aspID: ends.aspID, cryptoKeyIDs: ids)
            let server = try ends.server(
                credentials: StaticCredentials([.accessKey(ends.accessKey): [credential]]),
                keyring: ring
            )
            let call = try await server.open(draft.fields(), draft.body, for: endpoint)
            #expect(rejection { try server.seal(ClientAndServer.parameters, answering: call) } == code)
        }
    }
}
