import Foundation
import HTTPTypes
import KMDiagnosis
import KMSecurity
import KMSecurityTestSupport
import Testing

/// Both ends accept both wire profiles, and header names in any case.
@Suite("Compatibility")
struct CompatibilityTests {
    private static let pairs = WireProfile.all.flatMap { client in WireProfile.all.map { (client, $0) } }
    private static let names: [HTTPField.Name] = [
        .kmUserAspID, .kmCorrelationID, .kmAccessKey, .kmCryptoKeyID, .kmTranToken, .kmTranTime, .kmTimeZone,
    ]

    private let ends: ClientAndServer

    init() throws {
        ends = try ClientAndServer()
    }

    /// Returns the protected header of a body's JWE.
    private func header(_ body: [UInt8]) throws -> String {
        let text = String(decoding: body, as: UTF8.self)
        var part = String(try #require(text.split(separator: "\"").last { $0.contains(".") }).prefix { $0 != "." })
        part += String(repeating: "=", count: (4 - part.count % 4) % 4)
        let data = try #require(Data(base64Encoded: part.replacing("-", with: "+").replacing("_", with: "/")))
        return String(decoding: data, as: UTF8.self)
    }

    @Test("A client of each wire profile works with a server of each wire profile", arguments: pairs)
    func profiles(ofClient: WireProfile, ofServer: WireProfile) async throws {
        let client = try ends.client(ofClient)
        let server = try ends.server(ofServer)
        let request = try await client.seal(ClientAndServer.parameters, for: .waitingPhysicalCards)
        #expect(request.headers[.kmTranToken]?.count == (ofClient == .gateway ? 67 : 66))
        #expect(try header(request.body).contains("kid") == (ofClient == .documented))
        #expect(try header(request.body).contains(ofClient == .gateway ? "A128GCM" : "A256GCM"))
        let call = try await server.open(request.headers, request.body, for: .waitingPhysicalCards)
        #expect(call.parameters == ClientAndServer.parameters)
        let reply = try server.seal(call.parameters, answering: call, for: .waitingPhysicalCards)
        #expect(try header(reply.body).contains("kid") == (ofServer == .documented))
        let response = try await client.open(reply.headers, reply.body, answering: request, for: .waitingPhysicalCards)
        #expect(response.parameters == ClientAndServer.parameters)
    }

    @Test("A copy with the other form of the token is rejected as a replay", arguments: pairs)
    func bothFormsAreOneRequest(first: WireProfile, second: WireProfile) async throws {
        let server = try ends.server()
        var draft = ends.draft()
        draft.profile = first
        #expect(try await server.rejection(draft) == nil)
        draft.profile = second
        #expect(try await server.rejection(draft) == .replayed)
    }

    @Test("Header names are case-insensitive", arguments: [true, false])
    func caseOfNames(isUpper: Bool) async throws {
        let request = try ends.client().seal(ClientAndServer.parameters, protection: .message)
        var fields = HTTPFields()
        for name in Self.names {
            let spelt = isUpper ? name.rawName.uppercased() : name.rawName.lowercased()
            fields.append(
                HTTPField(name: try #require(HTTPField.Name(spelt)), value: try #require(request.headers[name]))
            )
        }
        #expect(fields.map(\.name.rawName) != Self.names.map(\.rawName))
        #expect(try await ends.server().open(fields, request.body).parameters == ClientAndServer.parameters)
        #expect(HeaderRule.rules(.request).compactMap { $0.finding(fields) }.allSatisfy { $0.isSatisfied })
        // The same name in two cases is a repeated header.
        fields.append(HTTPField(name: .kmTimeZone, value: "UTC"))
        let server = try ends.server()
        await #expect(throws: KMError(.headerRepeated)) { try await server.open(fields, request.body) }
    }

    @Test("A kid that differs from X-KM-Crypto-Key-Id is rejected")
    func anotherKid() async throws {
        let other = try CryptoKeyID(String(repeating: "a", count: 32))
        let ring = try CryptoKeyring([ends.serverKey, ClientAndServer.serverKey(other)], primary: nil)
        for (profile, code) in [(WireProfile.documented, KMError.Code.keyIDMismatch), (.gateway, nil)] {
            var draft = ends.draft(
                try ends.client(profile).seal(ClientAndServer.parameters, protection: .message).body
            )
            // Both crypto keys have the same RSA keys, so that only the id decides.
            draft.cryptoKeyID = other.text
            #expect(try await ends.server(keyring: ring).rejection(draft, protection: .message) == code)
        }
    }

    @Test("A request may be plain and its response encrypted, and the other way round")
    func mixedProtection() async throws {
        let (client, server) = (try ends.client(), try ends.server())
        for (there, back) in [(Protection.none, Protection.message), (.message, .none)] {
            let request = try client.seal(ClientAndServer.parameters, protection: there)
            let call = try await server.open(request, protection: there)
            let reply = try server.seal(ClientAndServer.parameters, answering: call, protection: back)
            #expect((reply.body == ClientAndServer.parameters) == (back == .none))
            let response = try await client.open(reply.headers, reply.body, answering: request, protection: back)
            #expect(response.parameters == ClientAndServer.parameters)
        }
    }
}
