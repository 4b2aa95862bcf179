import Foundation
import HTTPTypes
import KMDiagnosis
import KMJOSE
import KMPrimitives
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import KMWire

extension PlantedMistake {
    static let ofProtection: [PlantedMistake] = [
        PlantedMistake("empty-body", .protection) { ($0.draft.body, $0.endpoint) = ([], .test(.none)) },
        body("body-not-encrypted") { _ in ClientAndServer.parameters },
        PlantedMistake("fields-at-message-level", .protection) { scene in
            try scene.useFields()
            scene.endpoint = .waitingPhysicalCards
        },
        body("body-not-json") { _ in "{\"a\":}".bytes },
        body("body-with-bom") { [0xEF, 0xBB, 0xBF] + $0 },
        body("body-form-encoded") { _ in "userId=50000104652&physicalCardCVC=837".bytes },
        body("body-bare-jwe") { body in Array(body.dropFirst(12).dropLast(2)) },
        body("encdata-name") { $0.replacing("encData", "encdata") },
        body("encdata-name", .protection, 2) { $0.replacing("encData", "data") },
        body("encdata-other-members") { $0.replacing("{", "{\"userId\":1,") },
        body("encdata-twice") { $0.replacing("{", "{\"encData\":\"x\",") },
        body("encdata-not-string") { _ in "{\"encData\":{\"userId\":1}}".bytes },
        body("encdata-base64") { _ in
            "{\"encData\":\"\(Base64.url.encode(ClientAndServer.parameters))\"}".bytes
        },
        body("jwe-json-serialization") { _ in
            "{\"protected\":\"e30\",\"encrypted_key\":\"AA\",\"iv\":\"AA\",\"ciphertext\":\"AA\",\"tag\":\"AA\"}".bytes
        },
        body("jwe-json-serialization", .protection, 2) { _ in
            "{\"encData\":{\"protected\":\"e30\",\"ciphertext\":\"AA\"}}".bytes
        },
        parts("jwe-part-count") { $0.removeLast() },
        parts("jwe-part-count", 2) { $0.append("AAAA") },
        parts("jwe-padded") { $0[1] += "==" },
        parts("jwe-standard-base64") { $0[3] = "+/" + $0[3].dropFirst(2) },
        parts("jwe-white-space") { $0[3] += " " },
        parts("jwe-encoding") { $0[3] = "*" + $0[3].dropFirst() },
        parts("jwe-encoding", 2) { $0[2] += "A" },
        sealed("jwe-size", .protection) { parts in
            parts.header =
                "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\"x\":\"\(String(repeating: "x", count: 5000))\"}".bytes
        },
        sealed("jwe-header-not-json", .protection) { $0.header = "alg=RSA-OAEP-256".bytes },
        sealed("jwe-header-member", .protection) { $0.header = "{\"alg\":256,\"enc\":\"A256GCM\"}".bytes },
        sealed("jwe-alg", .protection) { $0.header = "{\"alg\":\"RSA-OAEP\",\"enc\":\"A256GCM\"}".bytes },
        sealed("jwe-alg", .protection, 2) { $0.header = "{\"alg\":\"RSA1_5\",\"enc\":\"A256GCM\"}".bytes },
        sealed("jwe-enc", .protection) { $0.header = "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128CBC-HS256\"}".bytes },
        cbc("jwe-enc", 2, alg: "RSA-OAEP-256"),
        cbc("jwe-enc", 3, alg: "RSA-OAEP"),
        cbc("jwe-alg", 3, alg: "RSA-OAEP"),
        sealed("jwe-alg", .protection, 4) { parts in
            parts.header = "{\"alg\":\"dir\",\"enc\":\"A256GCM\"}".bytes
            parts.wrap = { _ in [] }
        },
        PlantedMistake("jwe-enc", .protection, 4) { scene in
            try scene.useFields()
            let text = cbcText(alg: "RSA-OAEP-256")
            scene.draft.body =
                "{\"physicalCardNo\":\"\(text)\",\"physicalCardExpDate\":\"\(text)\",\"physicalCardCVC\":\"\(text)\"}"
                .bytes
        },
        sealed("jwe-zip", .protection) { parts in
            parts.header = "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\"zip\":\"DEF\"}".bytes
        },
        sealed("jwe-crit", .protection) { parts in
            parts.header = "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\"crit\":[\"exp\"]}".bytes
        },
        sealed("jwe-kid", .protection) { parts in
            parts.header =
                "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\"kid\":\"\(ClientAndServer.otherKeyText)\"}".bytes
        },
        parts("jwe-iv-size") { $0[2] = Base64.url.encode([UInt8](repeating: 1, count: 16)) },
        parts("jwe-tag-in-ciphertext") { texts in
            let (ciphertext, tag) = (Base64.url.decode(texts[3].bytes.span), Base64.url.decode(texts[4].bytes.span))
            texts[3] = Base64.url.encode((ciphertext ?? []) + (tag ?? []))
            texts[4] = ""
        },
        parts("jwe-tag-and-ciphertext-exchanged") { $0.swapAt(3, 4) },
        parts("jwe-tag-size") { $0[4] = Base64.url.encode([UInt8](repeating: 1, count: 12)) },
        parts("jwe-encrypted-key-empty") { $0[1] = "" },
        sealed("field-as-message", .protection) { parts in
            parts.header =
                "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\"cty\":\"json\",\"path\":\"$['a']\"}".bytes
        },
    ]

    /// A JWE with AES-CBC and HMAC, whose IV and tag have other sizes than those of AES-GCM.
    private static func cbcText(alg: String) -> String {
        let header = "{\"alg\":\"\(alg)\",\"enc\":\"A256CBC-HS512\"}".bytes
        return [header, [UInt8](repeating: 1, count: 256), [UInt8](1...16), [UInt8](1...64), [UInt8](1...32)]
            .map(Base64.url.encode).joined(separator: ".")
    }

    private static func cbc(_ cause: String, _ variant: Int, alg: String) -> PlantedMistake {
        PlantedMistake(cause, .protection, variant) { $0.draft.body = "{\"encData\":\"\(cbcText(alg: alg))\"}".bytes }
    }

    static let ofFields: [PlantedMistake] = [
        PlantedMistake("field-not-encrypted", .protection) { scene in
            try scene.useFields()
            scene.draft.body = ClientAndServer.parameters
        },
        PlantedMistake("field-not-encrypted", .protection, 2) { scene in
            try scene.useFields()
            let text = String(decoding: scene.draft.body, as: UTF8.self)
            guard let start = text.range(of: "\"physicalCardCVC\":\"") else { return }
            scene.draft.body = Array((text[..<start.upperBound] + "837\"}").utf8)
        },
        PlantedMistake("field-missing", .protection) { scene in
            try scene.useFields()
            scene.draft.body = scene.draft.body.replacing("physicalCardCVC", "cvc")
        },
        PlantedMistake("encdata-at-field-level", .protection) { $0.endpoint = .waitingPhysicalCardsByField },
        PlantedMistake("field-cty", .protection) { try $0.plantField(header: "\"path\":\"$['physicalCardNo']\"") },
        PlantedMistake("field-unbound", .protection) { try $0.plantField(header: "\"cty\":\"json\"") },
        PlantedMistake("field-of-other-path", .protection) { scene in
            try scene.plantField(header: "\"cty\":\"json\",\"path\":\"$['physicalCardCVC']\"")
        },
        PlantedMistake("field-of-other-message", .protection) { scene in
            try scene.useFields()
            scene.draft.correlationID = "270305123456-fffffff"
        },
        PlantedMistake("field-content-keys-differ", .protection) { scene in
            try scene.plantField(
                header:
                    "\"cty\":\"json\",\"path\":\"$['physicalCardNo']\",\"cid\":\"\(scene.draft.correlationID ?? "")\""
            )
        },
        PlantedMistake("message-changed", .decryption, 2) { scene in
            try scene.useFields()
            var bytes = scene.draft.body
            // The last character of the ciphertext of the last field, before the tag's 22 characters.
            let at = bytes.count - 2 - 23 - 3
            bytes[at] = bytes[at] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            scene.draft.body = bytes
        },
    ]

    static let ofDecryption: [PlantedMistake] = [
        sealed("encrypted-to-other-key") { parts in
            parts.wrap = { try TestKeys.second().publicKey.encryptOAEP($0.span) }
        },
        sealed("encrypted-to-other-key", .decryption, 2) { parts in
            parts.wrap = { try TestKeys.third().publicKey.encryptOAEP($0.span) }
        },
        sealed("encrypted-to-unknown-key") { parts in
            let nobody = try RSAPrivateKey.generate()
            parts.wrap = { try nobody.publicKey.encryptOAEP($0.span) }
        },
        sealed("encrypted-to-unknown-key", .decryption, 2) { parts in
            parts.wrap = { _ in [UInt8](repeating: 1, count: 384) }
        },
        PlantedMistake("encrypted-to-unnamed-key", .decryption) { $0.swapIDs() },
        PlantedMistake("encrypted-to-unnamed-key", .decryption, 2) { scene in
            scene.draft.body = try SealedParts(plaintext: ClientAndServer.parameters).body()
            scene.draft.cryptoKeyID = String(repeating: "9", count: 32)
        },
        PlantedMistake("encrypted-to-unnamed-key", .decryption, 3) { scene in
            try scene.useFields()
            scene.draft.cryptoKeyID = nil
        },
        sealed("oaep-sha-1") { $0.wrap = SealedParts.openSSL("rsa_padding_mode:oaep rsa_oaep_md:sha1") },
        sealed("oaep-mgf1-sha-1") { parts in
            parts.wrap = SealedParts.openSSL("rsa_padding_mode:oaep rsa_oaep_md:sha256 rsa_mgf1_md:sha1")
        },
        sealed("oaep-other-hash") { parts in
            parts.wrap = SealedParts.openSSL("rsa_padding_mode:oaep rsa_oaep_md:sha512")
        },
        sealed("pkcs1-v1.5") { $0.wrap = SealedParts.openSSL("rsa_padding_mode:pkcs1") },
        sealed("content-key-size") { $0.contentKey = [UInt8](1...16) },
        sealed("content-key-size", .decryption, 2) { $0.wrapped = [UInt8](1...24) },
        sealed("content-key-as-text") { $0.wrapped = Base64.standard.encode($0.contentKey).bytes },
        sealed("aad-missing") { $0.associatedData = [] },
        sealed("aad-decoded-header") { $0.associatedData = $0.header },
        sealed("aad-other-header") { parts in
            parts.associatedData = Base64.url.encode("{\"enc\":\"A256GCM\",\"alg\":\"RSA-OAEP-256\"}".bytes).bytes
        },
        sealed("tag-before-ciphertext") { parts in
            parts.change = { ciphertext, tag in
                let output = ciphertext + tag
                (tag, ciphertext) = (Array(output[..<16]), Array(output[16...]))
            }
        },
        sealed("iv-in-ciphertext") { parts in
            let iv = parts.iv
            parts.change = { ciphertext, _ in ciphertext = iv + ciphertext }
        },
        sealed("message-changed") { $0.change = { ciphertext, _ in ciphertext[0] ^= 1 } },
        sealed("encrypted-twice") { $0.plaintext = try $0.text().bytes },
        sealed("plaintext-compressed") { $0.plaintext = [0x1F, 0x8B, 8, 0, 1, 2, 3, 4] },
        sealed("plaintext-with-bom") { $0.plaintext = [0xEF, 0xBB, 0xBF] + $0.plaintext },
        sealed("plaintext-encoded") { $0.plaintext = Base64.standard.encode($0.plaintext).bytes },
        sealed("plaintext-encoded", .decryption, 2) { parts in
            parts.plaintext = parts.plaintext.flatMap { [$0, 0] }
        },
        sealed("plaintext-not-utf-8") { parts in
            // An e with an acute accent in Latin-1.
            parts.plaintext = "{\"name\":\"Ren".bytes + [0xE9] + "\"}".bytes
        },
        sealed("plaintext-not-json") { $0.plaintext = "userId: 1".bytes },
    ]

    static let ofParameters: [PlantedMistake] = [
        PlantedMistake("parameters-not-json", .parameters) { scene in
            (scene.draft.body, scene.endpoint) = ("{\"a\"".bytes, .test(.none))
        },
        sealed("encrypted-twice", .parameters, 2) { $0.plaintext = try $0.body() },
        PlantedMistake("encrypted-twice", .parameters, 3) { scene in
            try scene.useFields()
            let inner = scene.draft.body
            scene.draft.body = try SealedParts(plaintext: inner).body()
            scene.endpoint = .waitingPhysicalCards
        },
        parameters("parameter-missing", "\"userId\":50000104652,", ""),
        parameters("parameter-name", "physicalCardNo", "physicalCardNO"),
        parameters("parameter-twice", "{", "{\"userId\":1,"),
        parameters("parameter-type", "50000104652", "null"),
        parameters("parameter-number-as-string", "50000104652", "\"50000104652\""),
        parameters("parameter-string-as-number", "\"837\"", "837"),
        parameters("parameter-not-integer", "50000104652", "5.0"),
        parameters("parameter-not-integer", "50000104652", "5e10", 2),
        parameters("parameter-range", "50000104652", "0"),
        parameters("parameter-range", "50000104652", "10000000000000000000", 2),
        parameters("parameter-range", "50000104652", "-1", 3),
        parameters("parameter-length", "\"837\"", "\"8370\""),
        parameters("parameter-characters", "\"837\"", "\"8a7\""),
        parameters("parameter-month", "\"2709\"", "\"0927\""),
    ]

    static let all =
        ofEndpoint + ofHeaders + ofTimes + ofCaller + ofToken + ofKey + ofProtection + ofFields + ofDecryption
        + ofParameters
}

extension Scene {
    /// Replaces the field `physicalCardNo` by one under another content key, with given header members.
    mutating func plantField(header members: String) throws {
        try useFields()
        let text = String(decoding: draft.body, as: UTF8.self)
        guard let start = text.range(of: "\"physicalCardNo\":\""),
            let end = text.range(of: "\"", range: start.upperBound..<text.endIndex)
        else { return }
        var parts = SealedParts(plaintext: "\"\(ClientAndServer.card)\"".bytes)
        parts.header = "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\(members)}".bytes
        draft.body = Array((text[..<start.upperBound] + (try parts.text()) + text[end.lowerBound...]).utf8)
    }
}
