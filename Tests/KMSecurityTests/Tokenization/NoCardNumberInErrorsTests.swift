import HTTPTypes
import KMPrimitives
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

/// No error and no log record contains a card number, whatever the input.
@Suite struct NoCardNumberInErrorsTests {
    private let functions: InputFunctions
    private let watch = ErrorWatch()

    init() throws {
        functions = try InputFunctions()
    }

    @Test func errorsAboutInvalidInputsShowNoCardNumber() {
        for body in CardInputs.bodies {
            for function in functions.ofBytes { watch.watch(function.name) { try function.call(body) } }
        }
        for text in CardInputs.texts {
            for function in functions.ofTexts { watch.watch(function.name) { try function.call(text) } }
        }
        #expect(watch.errorCount > 4000)
    }

    /// Truncates the parameters at many positions, which leaves a part of the number at the end of some inputs.
    @Test func errorsAboutTruncatedInputsShowNoCardNumber() {
        let parameters = CardInputs.parameters
        for count in stride(from: 0, to: parameters.count, by: Effort.isThorough ? 3 : 21) {
            for function in functions.ofBytes {
                watch.watch(function.name) { try function.call(Array(parameters[..<count])) }
            }
        }
        #expect(watch.errorCount > Effort.rounds(4000))
    }

    @Test func errorsAboutDamagedInputsShowNoCardNumber() throws {
        var generator = SeededGenerator(seed: 5)
        let inputs = try functions.sealed() + CardInputs.bodies
        for round in 0..<Effort.rounds(600) {
            let input = inputs[round % inputs.count].mutated(using: &generator)
            for function in functions.ofBytes { watch.watch(function.name) { try function.call(input) } }
        }
        for round in 0..<Effort.rounds(600) {
            let text = String(
                decoding: CardInputs.texts[round % CardInputs.texts.count].bytes.mutated(using: &generator),
                as: UTF8.self
            )
            for function in functions.ofTexts { watch.watch(function.name) { try function.call(text) } }
        }
        #expect(watch.errorCount > Effort.rounds(10_000))
    }

    /// Damages a few bytes of sealed bodies, so that they are rejected as late as possible.
    @Test func errorsAboutDamagedSealedBodiesShowNoCardNumber() throws {
        var generator = SeededGenerator(seed: 6)
        let sealed = try functions.sealed()
        let openers = functions.ofBytes.filter { $0.name.contains("decrypt") || $0.name.contains("open") }
        #expect(openers.count > 10)
        for round in 0..<Effort.rounds(1500) {
            let input = sealed[round % sealed.count].mutated(using: &generator)
            for opener in openers { watch.watch(opener.name) { try opener.call(input) } }
        }
        #expect(watch.errorCount > Effort.rounds(10_000))
    }

    /// Sends invalid headers and bodies with valid tokens to a server, and searches its errors, responses and logs.
    @Test func aServersErrorsResponsesAndLogsShowNoCardNumber() async throws {
        let ends = try ClientAndServer()
        let log = CapturedLog()
        let server = try ServerSecurity(
            credentials: StaticCredentials([
                CardExchange.caller(): [CardExchange.credential()],
                .callback(ends.aspID): [
                    Credential(
                        insecureForAnyAspID: CardExchange.secretKey(),
                        cryptoKeyIDs: [ends.keyID, ends.otherKeyID]
                    )
                ],
            ]),
            keyring: CryptoKeyring([ends.serverKey], primary: nil),
            configuration: .init(replayRetention: .seconds(3600)),
            logger: log.logger,
            clock: { ends.now }
        )
        let bodies = try functions.sealed() + CardInputs.bodies
        let good = try ends.client().seal(CardInputs.parameters, protection: .none).headers
        var requests = try CardInputs.headerFields().map { ($0, CardInputs.parameters) }
        var generator = SeededGenerator(seed: 7)
        for round in 0..<2 * bodies.count {
            let body = bodies[round % bodies.count]
            let sent = round < bodies.count ? body : body.mutated(using: &generator)
            requests.append((good.with(.kmTranToken, try CardExchange.token(of: sent).text()), sent))
        }
        let protections = try CardExchange.protections()
        requests = Effort.sample(requests, 2)
        for (fields, body) in requests {
            for protection in protections {
                await watch.watch("ServerSecurity.open") {
                    do {
                        return try await server.open(fields, body, protection: protection)
                    } catch {
                        watch.watch("publicResponse") { server.publicResponse(to: error, answering: fields) }
                        throw error
                    }
                }
            }
            await watch.watch("ServerSecurity.openCallback") {
                try await server.open(fields, body, for: .waitingPhysicalCards)
            }
        }
        #expect(watch.errorCount > 2 * requests.count)
        #expect(log.records.count == 4 * requests.count)
        #expect(Set(log.records.compactMap { $0.metadata["km.code"].map { "\($0)" } }).count > 10)
        for record in log.records where showsCardNumber([record.text]) {
            Issue.record("the log shows a card number: \(record.text)")
        }
    }
}
