import KMJOSE
import KMPrimitives
import KMTestSupport
import Testing

@Suite struct JWEHeaderTests {
    private static let base = #""alg":"RSA-OAEP-256","enc":"A128GCM""#

    private func code(_ header: String, policy: JWEPolicy = .standard) -> KMError.Code? {
        rejection { try JWEHeader(parsing: header.bytes, policy: policy) }
    }

    @Test(arguments: [
        "RSA1_5", "RSA-OAEP", "RSA-OAEP-384", "RSA-OAEP-512", "dir", "none", "A128KW", "A256GCMKW", "ECDH-ES",
        "PBES2-HS256+A128KW", "rsa-oaep-256", "RSA-OAEP-256 ", "RSA-OAEP-256\\u0000", "", "RS256", "A128GCM",
    ])
    func otherKeyManagementAlgorithmsAreRejected(algorithm: String) {
        #expect(code(#"{"alg":"\#(algorithm)","enc":"A128GCM"}"#) == .algorithmNotAllowed)
    }

    @Test(arguments: [
        "A192GCM", "A128CBC-HS256", "A256CBC-HS512", "none", "a128gcm", "A128GCM ", "", "C20P", "RSA-OAEP-256",
        "A128GCMKW",
    ])
    func otherContentEncryptionAlgorithmsAreRejected(encryption: String) {
        #expect(code(#"{"alg":"RSA-OAEP-256","enc":"\#(encryption)"}"#) == .algorithmNotAllowed)
    }

    @Test func thePolicySelectsTheAlgorithms() {
        let header = "{\(Self.base)}"
        #expect(code(header) == nil)
        #expect(code(header, policy: JWEPolicy(contentEncryptionAlgorithms: [.a256GCM])) == .algorithmNotAllowed)
        #expect(code(header, policy: JWEPolicy(keyManagementAlgorithms: [])) == .algorithmNotAllowed)
        #expect(code(header, policy: JWEPolicy(keyManagementAlgorithms: [.insecureRSAOAEP])) == .algorithmNotAllowed)
        #expect(code(#"{"alg":"RSA-OAEP","enc":"A128GCM"}"#, policy: .insecureAllowingSHA1) == nil)
    }

    @Test(arguments: [
        #""zip":"DEF""#, #""zip":null"#, #""zip":"""#, #""crit":["exp"]"#, #""crit":[]"#, #""crit":null"#,
        #""crit":"alg""#,
        #""z\u0069p":"DEF""#, #""\u0063rit":["b64"]"#,
    ])
    func compressionAndCriticalExtensionsAreRejected(member: String) {
        #expect(code("{\(Self.base),\(member)}") == .algorithmNotAllowed)
        #expect(code("{\(member),\(Self.base)}") == .algorithmNotAllowed)
    }

    @Test(arguments: [
        #""alg":"RSA-OAEP-256""#, #""enc":"A128GCM""#, #""alg":"dir""#, #""al\u0067":"RSA-OAEP-256""#,
        #""\u0061lg":"none""#, #""e\u006Ec":"A256GCM""#, #""kid":"a","kid":"a""#, #""kid":"a","k\u0069d":"b""#,
        #""x":1,"x":2"#, #""":1,"":1"#, #""é":1,"\u00e9":2"#,
    ])
    func duplicateMembersAreRejected(member: String) {
        #expect(code("{\(Self.base),\(member)}") == .malformedHeader)
    }

    /// Objects inside a member's value can use any names, duplicates included.
    @Test func namesInsideValuesAreIgnored() throws {
        #expect(code(#"{\#(Self.base),"x":{"alg":"none","alg":"dir","crit":1,"zip":2}}"#) == nil)
        #expect(code(#"{"x":{\#(Self.base)}}"#) == .malformedHeader)
    }

    @Test(arguments: [
        #"{}"#, #"{"alg":"RSA-OAEP-256"}"#, #"{"enc":"A128GCM"}"#, #"{"alg":null,"enc":"A128GCM"}"#,
        #"{"alg":["RSA-OAEP-256"],"enc":"A128GCM"}"#, #"{"alg":"RSA-OAEP-256","enc":1}"#,
        #"{"ALG":"RSA-OAEP-256","enc":"A128GCM"}"#, #"{"alg":{"":"RSA-OAEP-256"},"enc":"A128GCM"}"#,
    ])
    func algorithmsMustBePresentAsStrings(header: String) {
        #expect(code(header) == .malformedHeader)
    }

    @Test(arguments: [
        #""kid":1"#, #""kid":null"#, #""kid":["a"]"#, #""cty":1"#, #""cty":{}"#, #""kid":"\ud800""#, #""\ud800":1"#,
    ])
    func otherParametersMustBeStrings(member: String) {
        #expect(code("{\(Self.base),\(member)}") == .malformedHeader)
    }

    @Test func textsThatAreNotAnObjectAreRejected() {
        let object = "{\(Self.base)}"
        for text in [
            "", " ", "null", "1", "\"\"", "[]", "[\(object)]", "\"RSA-OAEP-256\"", "{", "{\(Self.base)", "\(object) x",
            "\(object){}",
            "\(object),", "\(object)\0", "\u{FEFF}\(object)", "{\(Self.base),}", "{'alg':1}", "//\n\(object)",
        ] {
            #expect(code(text) == .malformedHeader, "\(text)")
        }
        #expect(code(" \(object)\r\n") == nil)
        #expect(rejection { try JWEHeader(parsing: object.bytes.dropLast() + [0xFF]) } == .malformedHeader)
        #expect(
            rejection { try JWEHeader(parsing: object.utf16.flatMap { [UInt8($0), 0] as [UInt8] }) } == .malformedHeader
        )
    }

    @Test func depthAndNumberOfMembersAreLimited() {
        func nested(_ depth: Int) -> String {
            "{\(Self.base),\"x\":\(String(repeating: "[", count: depth))\(String(repeating: "]", count: depth))}"
        }
        #expect(code(nested(15)) == nil)
        #expect(code(nested(16)) == .limitExceeded)
        #expect(code(nested(2000)) == .limitExceeded)
        func wide(_ count: Int) -> String {
            "{\(Self.base)\((0..<count).map { ",\"x\($0)\":0" }.joined())}"
        }
        #expect(code(wide(30)) == nil)
        #expect(code(wide(31)) == .limitExceeded)
    }

    @Test func privateParametersAreUnregisteredStrings() throws {
        let header = try JWEHeader(
            parsing: #"{\#(Self.base),"typ":"JOSE","path":"$.a","iat":1,"b64":"x","cid":"c","kid":"k","x":null}"#.bytes
        )
        #expect(header.privateParameters == [.init(name: "path", value: "$.a"), .init(name: "cid", value: "c")])
        #expect(header.keyID == "k")
        #expect(header.contentType == nil)
    }

    @Test func headersRoundTrip() throws {
        for keyID in [nil, "", "k", "\"\\\n\u{1}", "한\u{10FFFF}"] as [String?] {
            for contentType in [nil, "json"] as [String?] {
                let header = JWEHeader(
                    encryption: .a256GCM,
                    keyID: keyID,
                    contentType: contentType,
                    privateParameters: [.init(name: "pa\"th", value: "$['\\u0041']")]
                )
                #expect(try JWEHeader(parsing: header.json) == header)
            }
        }
        let json = JWEHeader(encryption: .a128GCM).json
        #expect(json == JWEParts.gateway.bytes)
    }

    /// The only texts of the input in an error are names of registered algorithms.
    @Test func errorsDoNotQuoteTheInput() {
        let headers = [
            #"{"alg":"4111111111111111","enc":"A128GCM"}"#, #"{"alg":"RSA-OAEP-256","enc":"4111111111111111"}"#,
            #"{"4111111111111111":1,"4111111111111111":2}"#, #"{"4111111111111111"}"#,
        ]
        for header in headers {
            let error = thrownError { try JWEHeader(parsing: header.bytes) }
            #expect(error?.description.contains("4111") == false, "\(header)")
        }
        let error = thrownError { try JWEHeader(parsing: #"{"alg":"dir","enc":"A128GCM"}"#.bytes) }
        #expect(error?.detail.contains("dir") == true)
    }
}
