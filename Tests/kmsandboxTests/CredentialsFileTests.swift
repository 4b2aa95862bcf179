#if Sandbox
import Foundation
import KMPrimitives
import KMSecurity
import KMTestSupport
import Testing

@testable import kmsandbox

@Suite("Credentials files") struct CredentialsFileTests {
    private func members(_ change: (inout [String: Any]) -> Void = { _ in }) throws -> [UInt8] {
        let json = Data(try TestServer().credentials.json())
        var members = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        change(&members)
        return Array(try JSONSerialization.data(withJSONObject: members))
    }

    @Test("A file that was written is read as the same") func roundTrip() throws {
        var file = try TestServer().credentials
        file.parameters = Array(#"{"userId": 12345678901234567890}"#.utf8)
        let read = try CredentialsFile(parsing: file.json())
        #expect(read.aspID == file.aspID && read.accessKey == file.accessKey && read.timeZone == file.timeZone)
        #expect(read.secretKey == file.secretKey)
        #expect(read.key.id == file.key.id && read.otherKey?.id == file.otherKey?.id)
        #expect(read.key.serverCertificate.fingerprint == file.key.serverCertificate.fingerprint)
        #expect(read.key.clientPrivateKey.publicKey == file.key.clientPrivateKey.publicKey)
        #expect(read.parameters == file.parameters)
        #expect(try read.json() == file.json())
    }

    @Test(
        "A missing member is named",
        arguments: [
            "aspId", "accessKey", "secretKey", "cryptoKeyId", "serverCertificate", "clientPrivateKey", "timeZone",
        ]
    )
    func missing(_ name: String) throws {
        let error = try #require(throws: KMError.self) {
            try CredentialsFile(parsing: members { $0[name] = nil })
        }
        #expect(error.code == .malformedCredentials)
        #expect(error.detail == "\(name) is missing; add it")
    }

    @Test(
        "A malformed member is named, and its value is not quoted",
        arguments: [
            ("aspId", "9491339401250765"), ("accessKey", "hunter2"), ("secretKey", ""), ("cryptoKeyId", "hunter2"),
            ("serverCertificate", "hunter2"), ("clientPrivateKey", "hunter2"), ("timeZone", "CST"),
        ]
    )
    func malformed(_ name: String, _ value: String) throws {
        let error = try #require(throws: KMError.self) {
            try CredentialsFile(parsing: members { $0[name] = value })
        }
        #expect(error.code == .malformedCredentials)
        #expect(error.detail.hasPrefix("\(name): "), "\(error)")
        #expect(value.isEmpty || !error.detail.contains(value), "\(error)")
    }

    @Test(
        "An unknown member is named, unless its name could be a secret",
        arguments: [
            ("acessKey", "there is no member acessKey; did you mean accessKey?"),
            ("asp_id", "there is no member asp_id"), ("s3cretK3y", "the member at byte "),
        ]
    )
    func unknownMember(name: String, text: String) throws {
        let error = #expect(throws: KMError.self) { try CredentialsFile(parsing: members { $0[name] = "x" }) }
        #expect(error?.detail.contains(text) == true && error?.detail.contains("s3cret") != true)
    }

    @Test("Members of another type, unknown and duplicate members are rejected") func strict() throws {
        let wrong: [(inout [String: Any]) -> Void] = [
            { $0["secretKey"] = 1 }, { $0["secret"] = "x" }, { $0["otherKey"] = "x" },
            { $0["otherKey"] = ["cryptoKeyId": "x"] }, { $0["otherKey"] = ["accessKey": "x"] },
            { $0["parameters"] = [1] }, { $0["parameters"] = "{}" },
        ]
        for change in wrong {
            #expect(throws: KMError(.malformedCredentials)) { try CredentialsFile(parsing: members(change)) }
        }
        let json = try members()
        let twice = Array(#"{"timeZone":"UTC","#.utf8) + json.dropFirst()
        #expect(throws: KMError(.malformedCredentials)) { try CredentialsFile(parsing: twice) }
        #expect(throws: KMError(.malformedJSON)) { try CredentialsFile(parsing: Array(json.dropLast())) }
        let large = json + [UInt8](repeating: 0x20, count: 1 << 20)
        #expect(throws: KMError(.limitExceeded)) { try CredentialsFile(parsing: large) }
    }

    @Test("Both keys must have different ids") func sameID() throws {
        let json = try members { members in
            var other = members["otherKey"] as? [String: Any]
            other?["cryptoKeyId"] = members["cryptoKeyId"]
            members["otherKey"] = other
        }
        let error = try #require(throws: KMError.self) { try CredentialsFile(parsing: json) }
        #expect(error.detail.contains("otherKey.cryptoKeyId must differ"))
    }

    @Test("Descriptions have no secret") func redacted() throws {
        let file = try TestServer().credentials
        let secret = String(decoding: file.secretKey.exposed, as: UTF8.self)
        for text in ["\(file)", String(reflecting: file)] { #expect(!text.contains(secret)) }
    }
}
#endif
