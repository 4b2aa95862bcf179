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
    static let ofEndpoint: [PlantedMistake] = [
        PlantedMistake("endpoint-method", .endpoint) { ($0.method, $0.endpoint) = (.get, nil) },
        PlantedMistake("endpoint-base-path", .endpoint) {
            ($0.path, $0.endpoint) = (Endpoint.waitingPhysicalCards.path, nil)
        },
        PlantedMistake("endpoint-slash", .endpoint) { ($0.path, $0.endpoint) = ($0.path + "/", nil) },
        PlantedMistake("endpoint-case", .endpoint) {
            ($0.path, $0.endpoint) = ("/open-api" + Endpoint.waitingPhysicalCards.path.uppercased(), nil)
        },
        PlantedMistake("endpoint-unknown", .endpoint) { ($0.path, $0.endpoint) = ("/open-api/x", nil) },
        PlantedMistake("body-too-large", .size) { scene in
            scene.limits.maximumBodyByteCount = 64
        },
    ]

    static let ofHeaders: [PlantedMistake] = [
        header("header-missing", .kmTimeZone, nil),
        PlantedMistake("header-name", .headers) { scene in
            scene.change = { fields in
                guard let name = HTTPField.Name("X_KM_TRAN_TIME") else { return }
                fields[name] = fields[.kmTranTime]
                fields[.kmTranTime] = nil
            }
        },
        PlantedMistake("header-name", .headers, 2) { scene in
            scene.change = { fields in
                guard let name = HTTPField.Name("KM-Time-Zone") else { return }
                fields[name] = fields[.kmTimeZone]
                fields[.kmTimeZone] = nil
            }
        },
        PlantedMistake("header-repeated", .headers) { scene in
            scene.change = { $0.append(HTTPField(name: .kmTimeZone, value: "UTC")) }
        },
        header("header-length", .kmUserAspID, "00017000000000"),
        header("header-characters", .kmUserAspID, "0001700000000-0"),
        header("date-does-not-exist", .kmTranTime, "20271305123456"),
        header("date-does-not-exist", .kmCorrelationID, "270230123456-0a1b2c3", 2),
        header("tran-time-17-digits", .kmTranTime, "20270305123456789"),
        header("tran-time-epoch", .kmTranTime, "1804250096"),
        header("tran-time-separators", .kmTranTime, "2027-03-05T12:34:56"),
        header("correlation-id-21-characters", .kmCorrelationID, "270305123456-0a1b2c3d"),
        header("correlation-id-no-hyphen", .kmCorrelationID, "2703051234560a1b2c3d"),
        header("correlation-id-uuid", .kmCorrelationID, "123e4567-e89b-12d3-a456-426614174000"),
        header("time-zone-lower-case", .kmTimeZone, "utc"),
        header("time-zone-name", .kmTimeZone, "Asia/Seoul"),
        header("time-zone-unknown", .kmTimeZone, "IST"),
        header("asp-id-16-characters", .kmUserAspID, "0001700000000000"),
        PlantedMistake("access-key-is-secret-key", .headers) { scene in
            // The secret key has another size than an access key.
            scene.change = { $0[.kmAccessKey] = "short" }
            scene.otherSecrets = ["short"]
        },
        header("key-id-uuid", .kmCryptoKeyID, "123e4567-e89b-12d3-a456-426614174000"),
        PlantedMistake("access-key-and-key-id-swapped", .headers) { $0.swapIDs() },
        PlantedMistake("token-mac-size", .headers) { scene in
            scene.change = { $0[.kmTranToken] = "KMV1:20270305123456789:" + Base64.standard.encode([UInt8](1...64)) }
        },
        PlantedMistake("token-scheme", .headers) { scene in
            scene.change = { $0[.kmTranToken] = "Bearer \($0[.kmTranToken] ?? "")" }
        },
        PlantedMistake("token-frame", .headers) { scene in
            scene.change = { $0[.kmTranToken] = String(($0[.kmTranToken] ?? "").dropFirst(5)) }
        },
        PlantedMistake("mac-base64url", .headers) { scene in
            scene.draft.body = try Self.bodyWhoseMACHasPlusOrSlash(scene.draft)
            scene.endpoint = .test(.none)
            scene.change = { fields in
                fields[.kmTranToken] = fields[.kmTranToken]?.replacing("+", with: "-").replacing("/", with: "_")
            }
        },
        header("token-unreadable", .kmTranToken, "KMV1:20270305123456789:" + String(repeating: "!", count: 43)),
    ]

    /// A JSON text whose MAC in Base64 has a character that base64url lacks.
    private static func bodyWhoseMACHasPlusOrSlash(_ draft: RequestDraft) throws -> [UInt8] {
        var draft = draft
        for number in 0..<1000 {
            draft.body = "{\"n\":\(number)}".bytes
            if try draft.token().contains(where: { $0 == "+" || $0 == "/" }) { return draft.body }
        }
        throw OpenSSLCommand.Failure(description: "no such body")
    }

    static let ofTimes: [PlantedMistake] = [
        PlantedMistake("times-in-two-zones", .times) { $0.draft.tokenTime = "20270305213456789" },
        PlantedMistake("times-read-twice", .times) { $0.draft.tokenTime = "20270305123457001" },
        PlantedMistake("times-differ", .times) { $0.draft.tokenTime = "20270305124456789" },
        PlantedMistake("correlation-id-zone", .times) { $0.draft.correlationID = "270305213456-0a1b2c3" },
        PlantedMistake("correlation-id-old", .times) { $0.draft.correlationID = "270305112000-0a1b2c3" },
        PlantedMistake("time-unit", .times) { $0.plantTimeIn1970() },
        PlantedMistake("time-unit", .freshness, 2) { $0.plantTimeIn1970() },
        PlantedMistake("time-zone-wrong", .freshness) { $0.draft.setTime("20270305213456789") },
        PlantedMistake("time-zone-wrong", .freshness, 2) { $0.draft.timeZone = "KST" },
        PlantedMistake("time-zone-wrong", .freshness, 3) { $0.draft.setTime("20270305183456789") },
        PlantedMistake("clock-slow", .freshness) { $0.draft.setTime("20270305121456789") },
        PlantedMistake("clock-fast", .freshness) { $0.draft.setTime("20270305125456789") },
        PlantedMistake("request-old", .freshness) { $0.draft.setTime("20270303081456789") },
        PlantedMistake("replayed", .replay) { $0.earlier = $0.date.addingTimeInterval(-60) },
    ]

    static let ofCaller: [PlantedMistake] = [
        PlantedMistake("access-key-missing", .caller) { $0.draft.accessKey = nil },
        PlantedMistake("access-key-on-callback", .caller) { scene in
            scene.useCallback()
            scene.draft.accessKey = scene.ends.accessKey.text
        },
        PlantedMistake("access-key-case", .caller) { $0.draft.accessKey = $0.ends.accessKey.text.uppercased() },
        PlantedMistake("access-key-similar", .caller) { scene in
            scene.draft.accessKey = String(scene.ends.accessKey.text.dropLast()) + "x"
        },
        PlantedMistake("access-key-unknown", .caller) { $0.draft.accessKey = String(repeating: "z", count: 40) },
        PlantedMistake("access-key-is-secret-key", .caller, 2) { $0.draft.accessKey = ClientAndServer.secretText },
        PlantedMistake("asp-id-of-other-caller", .caller) { $0.draft.aspID = "000180000000000" },
        PlantedMistake("asp-id-unknown", .caller) { scene in
            scene.useCallback()
            scene.draft.aspID = "000190000000000"
        },
        PlantedMistake("credential-not-valid", .caller) { scene in
            scene.credentials[.accessKey(scene.ends.accessKey)] = [
                Credential(
                    name: "old",
                    secretKey: scene.ends.secretKey,
                    aspID: scene.ends.aspID,
                    cryptoKeyIDs: [scene.ends.keyID],
                    validity: .distantPast...scene.date.addingTimeInterval(-1)
                )
            ]
        },
        PlantedMistake("receiver-configuration", .caller) { scene in
            let caller = Caller.accessKey(scene.ends.accessKey)
            scene.credentials[caller] = (scene.credentials[caller] ?? []).flatMap { Array(repeating: $0, count: 5) }
        },
    ]

    static let ofToken: [PlantedMistake] = [
        PlantedMistake("token-of-other-caller", .token) { scene in
            scene.draft.secretKey = try ClientAndServer.secretKey(Scene.otherSecretText)
        },
        PlantedMistake("token-under-access-key", .token) { scene in
            scene.draft.secretKey = try ClientAndServer.secretKey(scene.ends.accessKey.text)
        },
        PlantedMistake("token-unexplained", .token) { scene in
            scene.draft.secretKey = try ClientAndServer.secretKey("nobody knows this secret key")
        },
        PlantedMistake("token-mac-size", .token, 2) { scene in
            scene.change = { $0[.kmTranToken] = "KMV1:20270305123456789:" + Base64.standard.encode([UInt8](1...20)) }
        },
        mac("hmac-sha-1", "sha1"),
        mac("hmac-sha-384", "sha384"),
        mac("hmac-sha-512", "sha512"),
        mac("hmac-sha-512", "sha512", 2, text: { "\(Base64.standard.encode($0))==" }),
        mac("hmac-sha-384", "sha384", 2, text: hexadecimal),
        mac("body-newline-removed", "sha1", sent: "\n"),
        mac("secret-newline", "sha512", secret: ClientAndServer.secretText + "\n"),
        PlantedMistake("plain-sha-256", .token) { scene in
            let digest = try SHA256.digest(scene.draft.body)
            scene.change = { $0[.kmTranToken] = "KMV1:20270305123456789:" + Base64.standard.encode(digest) }
        },
        PlantedMistake("mac-hex", .headers) { scene in
            let mac = try scene.ends.secretKey.hmac.authenticate(scene.draft.body)
                .withBytes { mac in mac.indices.map { mac[$0] } }
            scene.change = { $0[.kmTranToken] = "KMV1:20270305123456789:" + hexadecimal(mac) }
        },
        PlantedMistake("body-json-compacted", .token) { scene in
            scene.sentBody = scene.draft.body.replacing("{\"encData\":", "{\"encData\": ")
        },
        PlantedMistake("secret-newline", .token) { scene in
            scene.draft.secretKey = try ClientAndServer.secretKey(ClientAndServer.secretText + "\n")
        },
    ]

    /// A token with an HMAC of another hash, made with the `openssl` command.
    private static func mac(
        _ cause: String,
        _ hash: String,
        _ variant: Int = 1,
        secret: String = ClientAndServer.secretText,
        sent: String = "",
        text: @escaping @Sendable ([UInt8]) -> String = Base64.standard.encode
    ) -> PlantedMistake {
        PlantedMistake(cause, .token, variant) { scene in
            let command = try OpenSSLCommand()
            defer { command.cleanUp() }
            try command.write(scene.draft.body, to: "body")
            let key = hexadecimal(Array(secret.utf8))
            let mac = try command("dgst -\(hash) -mac HMAC -macopt hexkey:\(key) -binary body")
            scene.sentBody = scene.draft.body + sent.bytes
            scene.change = { $0[.kmTranToken] = "KMV1:20270305123456789:" + text(mac) }
        }
    }

    static let ofKey: [PlantedMistake] = [
        header("key-id-missing", .kmCryptoKeyID, nil, step: .key),
        header("key-id-case", .kmCryptoKeyID, ClientAndServer.keyText.uppercased(), step: .key),
        header("key-id-unknown", .kmCryptoKeyID, String(repeating: "9", count: 32), step: .key),
        header("key-of-other-caller", .kmCryptoKeyID, ClientAndServer.otherKeyText, step: .key),
        header("key-discarded", .kmCryptoKeyID, Scene.discardedText, step: .key),
        PlantedMistake("key-ambiguous", .key) { scene in
            scene.useCallback()
            scene.draft.cryptoKeyID = nil
            let (first, second) = (try TestKeys.first(), try TestKeys.third())
            scene.keyring = try CryptoKeyring(
                [
                    try CryptoKey(id: scene.ends.keyID, decryptionKey: first),
                    try CryptoKey(id: scene.ends.otherKeyID, decryptionKey: second),
                ],
                primary: nil
            )
        },
    ]
}

extension Scene {
    /// Sends the access key and the key id each in the other's header.
    mutating func swapIDs() {
        change = { fields in
            (fields[.kmAccessKey], fields[.kmCryptoKeyID]) = (fields[.kmCryptoKeyID], fields[.kmAccessKey])
        }
    }

    /// Makes the times from seconds since 1970 that were taken for milliseconds.
    fileprivate mutating func plantTimeIn1970() {
        draft.tranTime = "19700121211730"
        draft.correlationID = "700121211730-0a1b2c3"
        change = { fields in
            fields[.kmTranToken] = fields[.kmTranToken]?.replacing("20270305123456789", with: "19700121211730096")
        }
    }
}
