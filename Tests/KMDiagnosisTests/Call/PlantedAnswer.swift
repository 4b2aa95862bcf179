import Foundation
import HTTPTypes
import KMDiagnosis
import KMJOSE
import KMPrimitives
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import KMWire
import Testing

/// A response of the documented endpoint, in which a test can plant a mistake.
struct AnswerScene {
    static let parameters = """
        {"issuedCardList":[{"cardApplyNo":"2703051234560000000001","issueType":"ISSUE","digital":{"cardNo":\
        "9491339401250765","par":"Q180BEA3B2F1BBD8410336D66A4","serviceId":"S1","serviceName":"Service",\
        "mobileCardCVC":"123"},"status":"READY","values":{"balance":1000,"points":[{"policyType":"00","policyId":"P1",\
        "policyName":"Points","amount":5}]},"requester":"APP"}]}
        """.bytes

    let ends: ClientAndServer
    let client: ClientSecurity
    let request: SealedRequest
    var endpoint = Endpoint.waitingPhysicalCards
    var status = HTTPResponse.Status.ok
    var headers: HTTPFields
    var body: [UInt8]

    init(_ parameters: [UInt8] = parameters) async throws {
        ends = try ClientAndServer()
        client = try ends.client()
        request = try await client.seal(ClientAndServer.parameters, for: endpoint)
        let answer = await ends.server.respond(to: request.headers, request.body, for: endpoint) { _ in parameters }
        (status, headers, body) = (answer.status, answer.headers, answer.body)
    }

    mutating func fail(_ error: PlatformError) {
        let answer = ends.server.reject(error, answering: request.headers)
        (status, headers, body) = (answer.status, answer.headers, answer.body)
    }

    func judgment(_ decision: RequestJudge.Decision = .unknown) async throws -> (Judgment, [UInt8]?) {
        let judge = ResponseJudge(
            keyring: ends.clientRing,
            otherKeys: [.init(name: "the server's own key", key: try TestKeys.first())]
        )
        let response = ReceivedResponse(status: status, headers: headers, body: body, date: ends.now)
        return await judge.judge(response, to: endpoint, requestHeaders: request.headers, decision: decision)
    }

    /// The code with which a real client rejects the response; nil if it accepts it.
    func clientCode() async throws -> String? {
        do {
            _ = try await client.open(HTTPResponse(status: status, headerFields: headers), body, answering: request)
            return nil
        } catch let error as KMError {
            return error.code.description
        } catch is PlatformError {
            return nil
        }
    }
}

/// A mistake in a response, and the cause that a judge must name.
struct PlantedAnswer: Sendable, CustomTestStringConvertible {
    let cause: String
    let step: Judgment.Step.Name
    let parameters: [UInt8]
    let plant: @Sendable (inout AnswerScene) throws -> Void

    var testDescription: String { cause }

    init(
        _ cause: String,
        _ step: Judgment.Step.Name,
        _ parameters: [UInt8] = AnswerScene.parameters,
        _ plant: @escaping @Sendable (inout AnswerScene) throws -> Void = { _ in }
    ) {
        self.cause = cause
        self.step = step
        self.parameters = parameters
        self.plant = plant
    }

    private static func parameters(_ cause: String, _ old: String, _ new: String) -> PlantedAnswer {
        PlantedAnswer(cause, .parameters, AnswerScene.parameters.replacing(old, new))
    }

    static let all: [PlantedAnswer] = [
        PlantedAnswer("status-unexpected", .status) { $0.status = .internalServerError },
        PlantedAnswer("header-missing", .headers) { $0.headers[.kmCorrelationID] = nil },
        PlantedAnswer("correlation-id-not-echoed", .headers) { $0.headers[.kmCorrelationID] = "270305123456-fffffff" },
        PlantedAnswer("key-id-unknown", .key) { $0.headers[.kmCryptoKeyID] = String(repeating: "9", count: 32) },
        PlantedAnswer("body-not-encrypted", .protection) { $0.body = AnswerScene.parameters },
        PlantedAnswer("encrypted-to-other-key", .decryption) { scene in
            scene.body = try SealedParts(plaintext: AnswerScene.parameters).body()
        },
        PlantedAnswer("error-reply-encrypted", .protection) { $0.status = .badRequest },
        PlantedAnswer("result-missing", .parameters) { ($0.status, $0.body) = (.badRequest, "{}".bytes) },
        PlantedAnswer("error-reply-with-success", .parameters) { scene in
            (scene.status, scene.body) = (.badRequest, PlatformResult.success.body)
        },
        PlantedAnswer("success-with-error-code", .parameters, PlatformError.walletUserNotFound.result.body),
        parameters("parameter-value", "READY", "DONE"),
        parameters("parameter-missing", "\"requester\":\"APP\"", "\"x\":1"),
        parameters("parameter-range", "1000", "10000000000"),
        parameters("parameter-length", "Q180BEA3B2F1BBD8410336D66A4", "Q1"),
        parameters("parameter-type", "\"points\":[", "\"points\":7,\"x\":["),
    ]
}

@Suite("The judge of responses")
struct ResponseJudgeTests {
    @Test("A valid response passes every step")
    func accepted() async throws {
        let (judgment, parameters) = try await AnswerScene().judgment()
        #expect(judgment.verdict == .accepted && judgment.steps.allSatisfy { $0.outcome == .passed })
        #expect(judgment.steps.map(\.name) == [.status, .size, .headers, .key, .protection, .decryption, .parameters])
        #expect(judgment.warnings.isEmpty && parameters == AnswerScene.parameters)
    }

    @Test("An error reply of the platform is accepted, and the summary has its code")
    func errorReply() async throws {
        var scene = try await AnswerScene()
        scene.fail(.notFoundIssuedCards)
        let (judgment, parameters) = try await scene.judgment()
        #expect(judgment.verdict == .accepted && judgment.summary == "accepted; the result has the code 003_049")
        #expect(parameters == scene.body)
    }

    @Test("The judge names a planted mistake, and rejects with the client's code", arguments: PlantedAnswer.all)
    func planted(mistake: PlantedAnswer) async throws {
        var scene = try await AnswerScene(mistake.parameters)
        try mistake.plant(&scene)
        let (judgment, _) = try await scene.judgment()
        let step = try #require(judgment.step(mistake.step))
        #expect(step.outcome == .failed)
        #expect(step.cause?.split(separator: "+").contains { $0 == mistake.cause } == true, "\(step)")
        #expect(step.fix?.isEmpty == false && judgment.verdict == .rejected)
        // A client does not know the rules of the parameters.
        let isOfParameters = ["parametersInvalid", "responseInvalid"].contains(judgment.code)
        #expect(try await scene.clientCode() == (isOfParameters ? nil : judgment.code))
        try RequestJudgeTests.checkSecrets(judgment)
    }

    @Test("A token in a response has a warning")
    func token() async throws {
        var scene = try await AnswerScene()
        scene.headers[.kmTranToken] = scene.request.headers[.kmTranToken]
        let (judgment, _) = try await scene.judgment()
        #expect(judgment.verdict == .accepted && judgment.warnings.map { $0.contains("X-KM-Tran-Token") } == [true])
    }

    @Test("The judge decides as the client does, for mutated responses", arguments: [true, false])
    func agreement(isSuccess: Bool) async throws {
        var valid = try await AnswerScene()
        if !isSuccess { valid.fail(.invalidCardInfo) }
        var numbers = SeededGenerator(seed: 31)
        let pieces = [
            "\"", "{", "}", ",", ":", ".", "=", "encData", "null", "1", "response", "code", "000_000", "\n", "eyJ",
        ]
        let values = [
            nil, "", "x", ClientAndServer.keyText, ClientAndServer.otherKeyText, "270305213456-0a1b2c3",
            String(repeating: "9", count: 32),
        ]
        for round in 0..<600 {
            var scene = valid
            if round % 3 != 0 { scene.body = scene.body.nearlyValid(with: pieces, using: &numbers) }
            if round % 4 == 0 {
                let name = numbers.pick([HTTPField.Name.kmCorrelationID, .kmCryptoKeyID])
                scene.headers[name] = numbers.pick(values)
            }
            if round % 10 == 0 { scene.status = numbers.pick([.ok, .badRequest, .internalServerError, .notFound]) }
            let (judgment, _) = try await scene.judgment()
            let isOfParameters = ["parametersInvalid", "responseInvalid"].contains(judgment.code)
            #expect(
                try await scene.clientCode() == (isOfParameters ? nil : judgment.code),
                "\(round): \(judgment.summary)"
            )
            #expect(judgment.verdict != .undecided)
            try RequestJudgeTests.checkSecrets(judgment)
        }
    }
}
