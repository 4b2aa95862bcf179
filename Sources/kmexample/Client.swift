#if Hummingbird && AsyncHTTPClient
import AsyncHTTPClient
import KMAsyncHTTPClient
import KMSecurity
import Logging

/// A client of the API: calls the three endpoints, and shows what the platform's rejections look like.
func call(_ files: ExampleFiles, baseURL: String) async throws {
    let security = try ClientSecurity(
        party: .serviceProvider(files.accessKey()),
        aspID: AspID("000170000000000"),
        secretKey: files.secretKey(),
        keyring: files.clientKeyring(),
        configuration: .init(timeZone: .kst),
        logger: Logger(label: "client")
    )
    let transport = AsyncHTTPClientTransport(configuration: .init(tlsConfiguration: try files.clientTLS()))
    let client = APIClient(security: security, transport: transport, baseURL: try BaseURL(baseURL))

    let query = CardQuery(
        userId: 50_000_104_652,
        physicalCardNo: "9491339401250765",
        physicalCardExpDate: "3108",
        physicalCardCVC: "211"
    )
    let cards: WaitingCards = try await client.call(.waitingPhysicalCards, query)
    print("waiting cards: \(cards.issuedCardList.map { "\($0.cardApplyNo) \($0.status)" })")

    let list: WaitingCards = try await client.call(.cardList, ["userId": query.userId])
    print("cards: \(list.issuedCardList.count)")

    let service: ServiceState = try await client.call(.serviceState)
    print("service: \(service.state)")

    do {
        let stranger = CardQuery(userId: 1, physicalCardNo: "", physicalCardExpDate: "", physicalCardCVC: "")
        let cards: WaitingCards = try await client.call(.waitingPhysicalCards, stranger)
        print("unexpected: \(cards)")
    } catch let error as PlatformError where error == .walletUserNotFound {
        print("another user: \(error)")
    }
    try await transport.shutdown()
}
#endif
