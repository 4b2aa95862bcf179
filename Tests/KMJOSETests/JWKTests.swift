import KMJOSE
import KMPrimitives
import KMTestSupport
import Testing

@Suite struct JWKTests {
    private static let members = RFC7517.privateKey
    static let publicNames: Set = ["kty", "n", "e"]
    static let primeNames: Set = ["p", "q", "dp", "dq", "qi"]

    /// Returns a JWK that has the named members, or all, with the changed values, followed by more JSON text.
    private func jwk(
        _ names: Set<String>? = nil,
        changing changes: [String: String] = [:],
        and more: String = ""
    ) -> [UInt8] {
        let chosen = Self.members.filter { names?.contains($0.0) ?? true }
        let texts = chosen.map { #""\#($0.0)":\#(changes[$0.0] ?? "\"\($0.1)\"")"# }
        return "{\(texts.joined(separator: ","))\(more)}".bytes
    }

    private var publicJWK: [UInt8] { jwk(Self.publicNames) }

    private func privateCode(_ json: [UInt8]) -> KMError.Code? { rejection { try RSAPrivateKey(jwk: json) } }

    private func publicCode(_ json: [UInt8]) -> KMError.Code? { rejection { try RSAPublicKey(jwk: json) } }

    @Test func thePublishedKeyIsRead() throws {
        let more = #","alg":"RS256","kid":"2011-04-29","use":"enc","key_ops":["encrypt"],"x5c":[]"#
        let key = try RSAPublicKey(jwk: jwk(Self.publicNames, and: more))
        #expect(key.bitCount == 2048)
        let pair = try RSAPrivateKey(jwk: jwk(and: more))
        #expect(pair.publicKey == key)
        #expect(try pair.decryptOAEP(key.encryptOAEP([1, 2, 3])).exposed == [1, 2, 3])
        let text = publicJWK
        #expect(try RSAPublicKey(jwk: text) == key)
    }

    @Test func thePublishedThumbprintIsReproduced() throws {
        let thumbprint = try RSAPublicKey(jwk: publicJWK).thumbprint()
        #expect(Base64.url.encode(thumbprint) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
    }

    @Test func theThumbprintDependsOnlyOnTheKey() throws {
        let key = try RSAPublicKey(jwk: publicJWK)
        let spelled = try RSAPublicKey(jwk: jwk(Self.publicNames, changing: ["e": #""AAEAAQ""#]))
        #expect(try key.thumbprint() == spelled.thumbprint())
        #expect(try key.thumbprint() == RSAPublicKey(parsing: key.pemRepresentation()).thumbprint())
        #expect(try key.thumbprint() != TestKeys.first().publicKey.thumbprint())
    }

    @Test func publicKeysRoundTrip() throws {
        let key = try TestKeys.first().publicKey
        let json = try key.jwkRepresentation()
        #expect(try RSAPublicKey(jwk: json) == key)
        #expect(String(decoding: json, as: UTF8.self).hasPrefix(#"{"e":"AQAB","kty":"RSA","n":""#))
    }

    @Test func aPrivateExponentWithoutPrimesIsAccepted() throws {
        let pair = try RSAPrivateKey(jwk: jwk(Self.publicNames.union(["d"])))
        #expect(try pair.decryptOAEP(pair.publicKey.encryptOAEP([1, 2, 3])).exposed == [1, 2, 3])
    }

    @Test(arguments: primeNames)
    func aMissingPrimeIsRejected(name: String) {
        let names = Set(Self.members.map(\.0))
        #expect(privateCode(jwk(names.subtracting([name]))) == .malformedJWK)
        #expect(privateCode(jwk(Self.publicNames.union(["d", name]))) == .malformedJWK)
    }

    @Test(arguments: ["n", "e"])
    func aMissingPublicIntegerIsRejected(name: String) {
        #expect(publicCode(jwk(Self.publicNames.subtracting([name]))) == .malformedJWK)
        #expect(privateCode(jwk(Set(Self.members.map(\.0)).subtracting([name]))) == .malformedJWK)
    }

    /// One member has another value in valid base64url, so the integers do not belong to one key.
    @Test(arguments: RFC7517.privateKey.map(\.0).filter { $0 != "kty" })
    func aChangedIntegerIsRejected(name: String) throws {
        let text = try #require(Self.members.first { $0.0 == name }?.1)
        let changed = "\"\(text.first == "B" ? "C" : "B")\(text.dropFirst())\""
        let code = privateCode(jwk(changing: [name: changed]))
        #expect(code == .malformedKey || code == .unsupportedKey)
    }

    @Test func aModulusOfAnotherKeyIsRejected() throws {
        let modulus = "\"\(Base64.url.encode(try TestKeys.first().publicKey.modulus()))\""
        #expect(privateCode(jwk(changing: ["n": modulus])) == .malformedKey)
        #expect(privateCode(jwk(Self.publicNames.union(["d"]), changing: ["n": modulus])) == .malformedKey)
    }

    @Test func moreThanTwoPrimesAreRejected() {
        for oth in ["[]", "[{}]", #"[{"r":"AQAB","d":"AQAB","t":"AQAB"}]"#, "null", "\"\"", #""\u0041""#] {
            #expect(privateCode(jwk(and: #","oth":\#(oth)"#)) == .unsupportedKey, "\(oth)")
        }
    }

    @Test func privateAndPublicKeysAreNotInterchangeable() {
        #expect(publicCode(jwk()) == .wrongKeyKind)
        #expect(publicCode(jwk(Self.publicNames.union(["d"]))) == .wrongKeyKind)
        // A JWK with a member d is a private key, whatever the value of d is.
        for value in ["1", "null", "[]", #""""#, #""\u0041""#, #""=""#] {
            #expect(publicCode(jwk(Self.publicNames, and: #","d":\#(value)"#)) == .wrongKeyKind, "\(value)")
        }
        #expect(privateCode(publicJWK) == .wrongKeyKind)
    }

    @Test(
        arguments: RFC7517.privateKey.map(\.0),
        ["1", "null", "[]", "{}", "true", #""""#, #""A""#, #""AQAB=""#, #""AQ AB""#, #""A\u0051AB""#]
    )
    func membersThatAreNotCanonicalStringsAreRejected(name: String, value: String) {
        let code = privateCode(jwk(changing: [name: value]))
        let expected: Set<KMError.Code?> = [.malformedJWK, .malformedKey, .unsupportedKey]
        #expect(expected.contains(code))
        if Self.publicNames.contains(name), name != "kty" {
            #expect(expected.contains(publicCode(jwk(Self.publicNames, changing: [name: value]))))
        }
    }

    @Test(arguments: RFC7517.privateKey.map(\.0))
    func duplicateMembersAreRejected(name: String) throws {
        let text = try #require(Self.members.first { $0.0 == name }?.1)
        #expect(privateCode(jwk(and: #","\#(name)":"\#(text)""#)) == .malformedJWK)
        let escaped = name.unicodeScalars.map { "\\u00" + String($0.value, radix: 16) }.joined()
        #expect(privateCode(jwk(and: #","\#(escaped)":"\#(text)""#)) == .malformedJWK)
        #expect(privateCode(jwk(and: #","x":1,"x":1"#)) == .malformedJWK)
    }

    @Test func otherKeyTypesAreRejected() {
        for type in ["EC", "oct", "OKP", "rsa", "RSA ", ""] {
            #expect(publicCode(jwk(Self.publicNames, changing: ["kty": "\"\(type)\""])) == .unsupportedKey, "\(type)")
        }
        #expect(publicCode(jwk(["n", "e"])) == .malformedJWK)
    }

    @Test func textsThatAreNotAJWKAreRejected() {
        let json = String(decoding: publicJWK, as: UTF8.self)
        for text in [
            "", "null", "[]", "[\(json)]", "{}", "{\"keys\":[\(json)]}", "\(json)x", "\(json)\(json)",
            String(json.dropLast()),
            "\u{FEFF}\(json)",
        ] {
            #expect(publicCode(text.bytes) == .malformedJWK, "\(text.prefix(20))")
        }
        #expect(
            publicCode(jwk(Self.publicNames, and: ",\"x\":\"\(String(repeating: "x", count: 1 << 16))\""))
                == .limitExceeded
        )
        let deep = String(repeating: "[", count: 20) + String(repeating: "]", count: 20)
        #expect(publicCode(jwk(Self.publicNames, and: ",\"x\":\(deep)")) == .limitExceeded)
    }

    @Test func keySizesAreLimited() {
        let large = "\"\(Base64.url.encode([UInt8](repeating: 0xFF, count: 2048)))\""
        #expect(publicCode(jwk(Self.publicNames, changing: ["n": large])) == .unsupportedKey)
        #expect(publicCode(jwk(Self.publicNames, changing: ["e": large])) == .malformedKey)
        let small = "\"\(Base64.url.encode([UInt8](repeating: 0xFF, count: 128)))\""
        #expect(publicCode(jwk(Self.publicNames, changing: ["n": small])) == .unsupportedKey)
    }

    @Test func damagedJWKsDoNotTrap() {
        var generator = SeededGenerator(seed: 50)
        for number in 0..<1500 {
            let code = privateCode(jwk().mutated(using: &generator))
            let expected: Set<KMError.Code?> = [nil, .malformedJWK, .malformedKey, .unsupportedKey, .wrongKeyKind]
            if !expected.contains(code) { Issue.record("\(number): \(String(describing: code))") }
        }
    }

    /// An error does not contain text of a private JWK.
    @Test func errorsDoNotQuoteTheInput() throws {
        let secret = try #require(Self.members.first { $0.0 == "d" }?.1)
        for json in [
            jwk(and: "x"), jwk(changing: ["p": "1"]), jwk(Self.publicNames.union(["d"]), changing: ["n": #""AQAB""#]),
        ] {
            let error = try #require(thrownError { try RSAPrivateKey(jwk: json) })
            #expect(!error.description.contains(secret.prefix(6)))
        }
    }
}
