import ChatWire
import Supabase

extension ServiceClient {
    /// Ends a session that is no longer stored. The service does not take an access token that has expired for this, so such
    /// a one is refreshed first.
    /// - Parameter now: The calendar's time.
    public func end(_ tokens: StoredAccount.Tokens, now: Timestamp) async throws(AuthFailure) {
        if tokens.end > now {
            do throws(AuthFailure) {
                return try await send(.logOut(accessToken: tokens.access))
            } catch {
                // This machine's clock may be wrong.
                guard error == .tokenRejected else { throw error }
            }
        }
        try await send(.logOut(accessToken: send(.refresh(tokens.refresh)).accessToken))
    }
}
