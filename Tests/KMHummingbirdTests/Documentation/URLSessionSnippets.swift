#if Hummingbird && AsyncHTTPClient
import KMSecurity
import KMURLSession

/// The Swift block of the page of KMURLSession, exact but for its indentation.
enum URLSessionSnippets {
    static func call(
        _ security: ClientSecurity,
        _ baseURL: BaseURL,
        _ query: HTTPSnippets.CardQuery
    ) async throws -> HTTPSnippets.WaitingCards {
        typealias WaitingCards = HTTPSnippets.WaitingCards
        let client = APIClient(security: security, transport: URLSessionTransport(), baseURL: baseURL)
        let cards: WaitingCards = try await client.call(.waitingPhysicalCards, query)
        return cards
    }
}
#endif
