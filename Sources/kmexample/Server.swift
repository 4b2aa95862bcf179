#if Hummingbird && AsyncHTTPClient
import Foundation
import Hummingbird
import HummingbirdTLS
import KMHummingbird
import KMSecurity
import KMServiceLifecycle
import Logging
import NIOSSL

/// Answers the documented call.
private func waitingCards(_ call: OpenedRequest) throws -> WaitingCards {
    let query = try call.decode(CardQuery.self)
    guard query.userId == 50_000_104_652 else { throw PlatformError.walletUserNotFound }
    guard query.physicalCardCVC == "211" else { throw PlatformError.invalidCardInfo }
    let card = WaitingCards.Digital(cardNo: "0000001000000016", mobileCardCVC: "305")
    return WaitingCards(
        issuedCardList: [.init(cardApplyNo: "A202611230000000000001", digital: card, status: "READY")]
    )
}

/// A server of the API: keys and credentials from files, three endpoints, TLS.
func serve(_ files: ExampleFiles, port: Int) async throws {
    let logger = Logger(label: "server")
    let credentials = try FileCredentials(path: files.credentials, logger: logger)
    // All requests of a caller without a body have the same MAC: allow them only if an endpoint needs it.
    let server = try ServerSecurity(
        credentials: credentials,
        keyring: files.serverKeyring(),
        replayGuard: .inMemory(),
        configuration: .init(replayRetention: .seconds(3600), insecureAllowingEmptyBodies: true),
        logger: logger
    )
    let router = Router()
    router.get("health") { _, _ in HTTPResponse.Status.ok }
    try router.km(server, below: "/open-api")
        .on(.waitingPhysicalCards) { call, _ in try waitingCards(call) }
        .on(.cardList) { _, _ in WaitingCards(issuedCardList: []) }
        .on(.serviceState) { _, _ in ServiceState(state: "open") }
    // The same call for clients that encrypt only the card's data.
    try router.km(server, below: "/field/open-api")
        .on(.waitingPhysicalCardsByField) { call, _ in try waitingCards(call) }
    let app = Application(
        router: router,
        server: try .tls(.http1(configuration: .km()), tlsConfiguration: files.serverTLS()),
        configuration: .init(address: .hostname("127.0.0.1", port: port)),
        services: [credentials],
        onServerRunning: { channel in
            print("https://localhost:\(channel.localAddress?.port ?? 0)/open-api")
            fflush(nil)
        },
        logger: logger
    )
    try await app.runService()
}
#endif
