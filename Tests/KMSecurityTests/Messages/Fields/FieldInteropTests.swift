import Foundation
import KMSecurityTestSupport
import Testing

@testable import KMSecurity

/// Other JOSE implementations open this package's fields, and this package opens theirs.
@Suite("Fields and other JOSE implementations")
struct FieldInteropTests {
    private struct OpenJob: Encodable {
        let key: String
        let jwes: [String]
    }

    private struct OpenedField: Decodable {
        let header: [String: String]
        let plaintext: Data
    }

    private struct SealJob: Encodable {
        let key: String
        let kid: String
        let enc: String
        let cid: String?
        let parameters: Parameters
        let paths: [[Step]]

        enum CodingKeys: CodingKey { case key, kid, enc, cid, parameters, paths }

        // Encodes a missing cid as null instead of omitting it.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(key, forKey: .key)
            try container.encode(kid, forKey: .kid)
            try container.encode(enc, forKey: .enc)
            try container.encode(cid, forKey: .cid)
            try container.encode(parameters, forKey: .parameters)
            try container.encode(paths, forKey: .paths)
        }
    }

    private enum Step: Encodable {
        case name(String)
        case index(Int)

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .name(let name): try container.encode(name)
            case .index(let index): try container.encode(index)
            }
        }
    }

    private struct Parameters: Encodable {
        let userId: UInt64 = 9_999_999_999_999_999_999
        let physicalCardNo = FieldSamples.cardNumber
        let items = [["it's\n\u{1}": "카드 \u{1F600} \"quoted\" \\"], ["it's\n\u{1}": ""]]
    }

    private struct SealedBody: Decodable {
        let body: String
        let parameters: String
    }

    /// Seals generated documents, opens each field with another implementation, and compares the results.
    private func openElsewhere(_ interpreter: String?, _ script: String) throws {
        var jwes: [String] = []
        var expected: [(header: [String: String], plaintext: [UInt8])] = []
        for seed in UInt64(1)...8 {
            let profile = seed % 2 == 0 ? WireProfile.documented : .gateway
            let cipher = try FieldFixture.cipher(profile)
            let cid = try FieldFixture.correlationID(Int(seed))
            for number in 0..<8 {
                let made = try GeneratedFieldCase(seed: seed, number: number)
                guard made.codes.isEmpty else { continue }
                let body = try cipher.sealFields(made.text, made.selection, cid).text
                let fields = body.split(separator: "\"").filter { $0.hasPrefix("eyJhbGciOiJSU0EtT0FFUC0yNTYi") }
                jwes += fields.map(String.init)
                for hit in made.hits {
                    let header = [
                        "alg": "RSA-OAEP-256", "enc": seed % 2 == 0 ? "A256GCM" : "A128GCM", "cty": "json",
                        "kid": try FieldFixture.id.text, "path": hit.path, "cid": cid.text,
                    ]
                    expected.append((header, Array(made.text[hit.range])))
                }
            }
        }
        let pem = try FieldFixture.pair.insecurePKCS8PEM().withBytes { bytes in
            String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
        }
        let opened = try FieldInterop.run(interpreter, script, OpenJob(key: pem, jwes: jwes), [OpenedField].self)
        #expect(expected.count > 100)
        try #require(opened.count == expected.count)
        for (field, expected) in zip(opened, expected) {
            #expect(field.header.mapValues { Array($0.utf8) } == expected.header.mapValues { Array($0.utf8) })
            #expect(Array(field.plaintext) == expected.plaintext)
        }
    }

    @Test(
        "jwcrypto opens each field on its own",
        .enabled(if: FieldInterop.asksPython, "jwcrypto is missing: no KMSEC_INTEROP_PYTHON and no .build/interop")
    )
    func jwcrypto() throws {
        try openElsewhere(FieldInterop.python, "fields_open.py")
    }

    @Test("Node opens each field on its own", .enabled(if: FieldInterop.asksNode, "Node is missing: it is not on PATH"))
    func node() throws {
        try openElsewhere(FieldInterop.node, "fields_open.mjs")
    }

    @Test(
        "A body sealed in Python opens",
        .enabled(if: FieldInterop.asksPython, "Python is missing: no KMSEC_INTEROP_PYTHON and no .build/interop"),
        arguments: ["A128GCM", "A256GCM"],
        [true, false]
    )
    func python(_ enc: String, isBound: Bool) throws {
        let cid = try isBound ? FieldFixture.correlationID() : nil
        let job = SealJob(
            key: try FieldFixture.pair.publicKey.pemRepresentation().text,
            kid: try FieldFixture.id.text,
            enc: enc,
            cid: cid?.text,
            parameters: Parameters(),
            paths: [
                [.name("userId")], [.name("physicalCardNo")], [.name("items"), .index(0), .name("it's\n\u{1}")],
                [.name("items"), .index(1), .name("it's\n\u{1}")],
            ]
        )
        let made = try FieldInterop.run(FieldInterop.python, "fields_seal.py", job, SealedBody.self)
        let paths = ["$.userId", "$.physicalCardNo", #"$.items[*]['it\'s\n\u0001']"#]
        let cipher = try FieldFixture.cipher()
        #expect(made.parameters.contains(#""userId":9999999999999999999"#))
        #expect(try cipher.open(Array(made.body.utf8), paths, cid).text == made.parameters)
        #expect(throws: KMError(.fieldMismatch)) {
            try cipher.open(Array(made.body.utf8), paths, FieldFixture.correlationID(2))
        }
    }
}
