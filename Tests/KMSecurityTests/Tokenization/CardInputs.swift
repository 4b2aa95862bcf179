import Foundation
import HTTPTypes
import KMJOSE
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import KMVectors

/// Inputs with the test card number, whole or in part, in every possible place.
enum CardInputs {
    private static let card = testCardNumber

    /// Parameters with the number as a string, a number, a name, in groups, escaped and deeply nested.
    static let parameters = """
        {"userId":\(card),"physicalCardNo":"\(card)","\(card)":{"\(card)":"\(card)"},"byCard":{"\(card)":"7"},\
        "list":[{"digital":{"cardNo":"\(card)"}},{"digital":{"cardNo":\(card)}}],"spaced":"9491 3394 0125 0765",\
        "escaped":"\\u0039\\u0034\\u0039\\u0031339401250765","exponent":\(card)e400,"part":"49133940125076",\
        "response":{"code":"\(card)","message":"no card \(card)","description":"\(card)","\(card)":1}}
        """.bytes

    /// Texts with the number, for every function that takes a text.
    static let texts = [
        card, "\(card)0", "4913394012507", "9491 3394 0125 0765", "9491-3394-0125-0765", " \(card)", "-\(card)",
        "x\(card)",
        "\(card)\n", "[\(card)]", "['\(card)']", "$['\(card)']", "$.\(card)", "$[\(card)]", "$.a['\(card)",
        "$..\(card)",
        "$[?@.a==\(card)]", "KMV1:\(card):\(card)", "KMV1:\(card)0:\(card)", "KMV1:20221108120814608:\(card)",
        "\(card.prefix(14))", "\(card.prefix(12))-\(card.prefix(7))", "\(card)\(card)",
        String(repeating: card, count: 300),
        "", "\u{FF19}\(card.dropFirst())", "\(card)\u{0}", "Q1\(card)", "\(card.prefix(4))",
    ]

    /// Bodies with the number, most of them invalid.
    static let bodies: [[UInt8]] =
        [parameters] + (texts + documents + documents.map(member) + headers.map(jwe) + keys).map(\.bytes)

    private static let documents = [
        "\"\(card)\"", "\"\(card)", "{\(card)", "{\"\(card)\"", "{\"\(card)\":", "{\"\(card)\":1,\"\(card)\":2}",
        "[\(card)",
        "[\(card),]", "\(card).", "0\(card)", "\(card)e", "{\"a\":\(card)x}", "{\"a\":\"\(card)\\q\"}",
        "\u{FEFF}\(card)",
        "{\"physicalCardNo\":\"\(card)\",\"physicalCardNo\":\"\(card)\"}", "{\"physicalCardNo\":{\"\(card)\":1}}",
        "{\"byCard\":{\"\(card)\":1,\"\(card)\":2}}", "{\"byCard\":{\"\(card)\":\"\(card)\"}}",
        "{\"list\":[\"\(card)\"]}",
        "{\"response\":\"\(card)\"}", "{\"response\":{\"code\":\(card),\"message\":\"\(card)\"}}",
        "{\"response\":{\"code\":\"\(card)\",\"code\":\"\(card)\",\"message\":\"\"}}", "{\"encData\":\"\(card)\"}",
        "{\"encData\":\(card)}", "{\"encData\":\"a.b.c.d.\(card)\",\"\(card)\":1}", "{\"encData\":[\"\(card)\"]}",
        "{\"encData\":\"\(card)\",\"encData\":\"\(card)\"}",
        "{\"encData\":\"\(card).\(card).\(card).\(card).\(card)\"}",
        String(repeating: "[", count: 100) + card, String(repeating: "{\"\(card)\":", count: 100),
    ]

    private static func member(_ document: String) -> String { "{\"physicalCardNo\":\(document)}" }

    /// Protected headers.
    static let headers = [
        "{\"alg\":\"\(card)\",\"enc\":\"A256GCM\"}", "{\"alg\":\(card),\"enc\":\"A256GCM\"}",
        "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"\(card)\"}",
        "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\"kid\":\"\(card)\"}",
        "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\"\(card)\":\"\(card)\",\"\(card)\":1}",
        "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\"crit\":[\"\(card)\"],\"\(card)\":1}",
        "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\"zip\":\"\(card)\"}", "{\"\(card)\":1}", card,
        "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\"cty\":\"json\",\"path\":\"$['\(card)']\",\"cid\":\"\(card)\"}",
    ]

    /// Returns a message-level body with a protected header, and with the number in other parts, too.
    private static func jwe(_ header: String) -> String {
        let part = Base64.url.encode(card.bytes)
        let parts = [Base64.url.encode(header.bytes), part, "MTIzNDU2Nzg5MDEy", part, "MTIzNDU2Nzg5MDEyMzQ1Ng"]
        return "{\"encData\":\"\(parts.joined(separator: "."))\"}"
    }

    /// Invalid keys and certificates.
    private static let keys = [
        "{\"kty\":\"RSA\",\"n\":\"\(card)\",\"e\":\"AQAB\"}",
        "{\"kty\":\"\(card)\",\"n\":\"\(card)\",\"e\":\"\(card)\"}",
        "{\"kty\":\"RSA\",\"n\":\"\(card)\",\"e\":\"AQAB\",\"d\":\"\(card)\",\"p\":\"\(card)\"}",
        "{\"\(card)\":1,\"\(card)\":1}",
        "-----BEGIN PUBLIC KEY-----\n\(card)\n-----END PUBLIC KEY-----\n",
        "-----BEGIN CERTIFICATE-----\n\(card)\n-----END CERTIFICATE-----\n",
        "-----BEGIN \(card)-----\n\(card)\n-----END \(card)-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: \(card),\(card)\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
    ]

    /// Returns request headers with the number in one header, in all headers, and in a repeated header.
    static func headerFields() throws -> [HTTPFields] {
        let sealed = try ClientAndServer().client().seal(parameters, protection: .none).headers
        let good = sealed.with(.kmTranToken, try CardExchange.token(of: parameters).text())
        let names: [HTTPField.Name] = good.map(\.name)
        return texts.flatMap { text in
            names.flatMap { name -> [HTTPFields] in
                var twice = good
                twice.append(HTTPField(name: name, value: text))
                return [good.with(name, text), twice, good.with(name, nil)]
            } + [HTTPFields(names.map { HTTPField(name: $0, value: text) })]
        }
    }

    /// Returns the reports of the vector runner about files with the number in each place.
    static func vectorReports() throws -> [VectorReport] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "km-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try (vectorFiles.map(\.bytes) + bodies).map { text in
            let file = folder.appending(path: "vectors.json")
            try Data(text).write(to: file)
            return VectorRunner().run(file: file.path)
        }
    }

    private static let vectorFiles: [String] = {
        func file(_ operation: String, _ test: String, more: String = "", flags: String = "{}") -> String {
            """
            {"format":"kmsec-vectors-1","operation":"\(operation)","comment":"\(card)","flags":\(flags),"numberOfTests":1,
            "groups":[{"comment":"\(card)","source":"\(card)","tests":[\(test)]}]\(more)}
            """
        }
        func path(_ members: String) -> String {
            "{\"id\":1,\"comment\":\"card \(card)\",\"flags\":[],\(members)}"
        }
        let mac = "\"key\":\"00\",\"message\":\"\(card)\",\"mac\":\"\(card)\""
        return [
            file("hmac-sha256", path("\"result\":\"valid\",\(mac)")),
            file("hmac-sha256", path("\"result\":\"invalid\",\"error\":\"\(card)\",\(mac)")),
            file("hmac-sha256", path("\"result\":\"\(card)\",\(mac)")),
            file("hmac-sha256", path("\"result\":\"valid\",\"\(card)\":1,\(mac)")),
            file("hmac-sha256", path("\"result\":\"valid\",\(mac)"), more: ",\"\(card)\":1"),
            file("hmac-sha256", path("\"result\":\"valid\",\(mac)"), flags: "{\"\(card)\":1}"),
            file("hmac-sha256", path("\"result\":\"valid\",\(mac)"), flags: "{\"\(card)\":\"\(card)\"}"),
            file("hmac-sha256", "{\"id\":\(card),\"comment\":1}"), file(card, "{}"),
            "{\"format\":\"\(card)\"}", "{\"format\":\(card)}", "{\"\(card)\":\"\(card)\"}",
            "{\"algorithm\":\"\(card)\",\"schema\":\"\(card)\",\"numberOfTests\":1,\"testGroups\":[{\"tests\":[{\"tcId\":1}]}]}",
            "{\"algorithm\":\"HMACSHA256\",\"schema\":\"\(card)\",\"\(card)\":1,\"testGroups\":[]}",
            "{\"algorithm\":\"HMACSHA256\",\"schema\":\"\(card)\",\"testGroups\":[{\"type\":\"\(card)\"}]}",
        ]
    }()
}
