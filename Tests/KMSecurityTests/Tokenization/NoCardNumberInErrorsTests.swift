import HTTPTypes
import KMPrimitives
import KMSecurity
import KMTestSupport
import Testing

/// No error and no log record contains a card number, whatever the input.
@Suite struct NoCardNumberInErrorsTests {
    private let takers: CardTakers
    private let watch = ErrorWatch()

    init() throws {
        takers = try CardTakers()
    }

    @Test func errorsAboutInvalidInputsShowNoCardNumber() {
        for body in CardInputs.bodies {
            for taker in takers.ofBytes { watch.watch(taker.name) { try taker.take(body) } }
        }
        for text in CardInputs.texts {
            for taker in takers.ofTexts { watch.watch(taker.name) { try taker.take(text) } }
        }
        #expect(watch.errorCount > 4000)
    }

    /// Truncates the parameters at many positions, which leaves a part of the number at the end of some inputs.
    @Test func errorsAboutTruncatedInputsShowNoCardNumber() {
        let parameters = CardInputs.parameters
        for count in stride(from: 0, to: parameters.count, by: Effort.isThorough ? 3 : 21) {
            for taker in takers.ofBytes { watch.watch(taker.name) { try taker.take(Array(parameters[..<count])) } }
        }
        #expect(watch.errorCount > Effort.rounds(4000))
    }

    @Test func errorsAboutDamagedInputsShowNoCardNumber() throws {
        var generator = SeededGenerator(seed: 5)
        let inputs = try takers.sealed() + CardInputs.bodies
        for round in 0..<Effort.rounds(600) {
            let input = inputs[round % inputs.count].mutated(using: &generator)
            for taker in takers.ofBytes { watch.watch(taker.name) { try taker.take(input) } }
        }
        for round in 0..<Effort.rounds(600) {
            let text = String(
                decoding: CardInputs.texts[round % CardInputs.texts.count].bytes.mutated(using: &generator),
                as: UTF8.self
            )
            for taker in takers.ofTexts { watch.watch(taker.name) { try taker.take(text) } }
        }
        #expect(watch.errorCount > Effort.rounds(10_000))
    }

    /// Damages a few bytes of sealed bodies, so that they are rejected as late as possible.
    @Test func errorsAboutDamagedSealedBodiesShowNoCardNumber() throws {
        var generator = SeededGenerator(seed: 6)
        let sealed = try takers.sealed()
        let openers = takers.ofBytes.filter { $0.name.contains("decrypt") || $0.name.contains("open") }
        #expect(openers.count > 10)
        for round in 0..<Effort.rounds(1500) {
            let input = sealed[round % sealed.count].mutated(using: &generator)
            for opener in openers { watch.watch(opener.name) { try opener.take(input) } }
        }
        #expect(watch.errorCount > Effort.rounds(10_000))
    }

    /// Sends invalid headers and bodies with valid tokens to a server, and searches its errors, responses and logs.
    @Test func aServersErrorsResponsesAndLogsShowNoCardNumber() async throws {
        let world = try World()
        let log = CapturedLog()
        let server = try ServerSecurity(
            credentials: StaticCredentials([
                CardExchange.caller(): [CardExchange.credential()],
                .callback(world.aspID): [
                    Credential(
                        insecureForAnyAspID: CardExchange.secretKey(),
                        cryptoKeyIDs: [world.keyID, world.otherKeyID]
                    )
                ],
            ]),
            keyring: CryptoKeyring([world.serverKey], primary: nil),
            configuration: .init(replayRetention: .seconds(3600)),
            logger: log.logger,
            clock: { world.now }
        )
        let bodies = try takers.sealed() + CardInputs.bodies
        let good = try world.client().seal(CardInputs.parameters, protection: .none).headers
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
        #expect(watch.errorCount > 4 * requests.count)
        #expect(log.records.count == 4 * requests.count)
        #expect(Set(log.records.compactMap { $0.metadata["km.code"].map { "\($0)" } }).count > 10)
        for record in log.records where showsCardNumber([record.text]) {
            Issue.record("the log shows a card number: \(record.text)")
        }
    }
}
