// This program buys two seats in a city for a day, with a client that has been generated from the contract of a running system:
//
//	npm ci && npm run generate && npm run build
//	npm start -- berlin 2026-12-24
//
// BOXOFFICE_API_URL is where that system is; BOXOFFICE_EMAIL and BOXOFFICE_PASSWORD are those of a customer whose wallet has enough money. The program prints
// the id of the booking.
import { randomUUID } from "node:crypto";
import createClient from "openapi-fetch";
import type { components, paths } from "./boxoffice.js";

type Booking = components["schemas"]["Booking"];
type CreateBookingRequest = components["schemas"]["CreateBookingRequest"];

const wanted = 2;

const api = createClient<paths>({ baseUrl: fromEnvironment("BOXOFFICE_API_URL") });

async function buy(city: string, day: string): Promise<string> {
  await logIn();
  const request = await freeSeats(city, day);
  const held = await api.POST("/api/v1/bookings", { params: { header: { "Idempotency-Key": randomUUID() } }, body: request });
  if (!held.data) throw unexpected("hold the seats", held);
  const bookingId = held.data.bookingId;

  // Refusals have a type, too: our own seats are not free for a second booking.
  const again = await api.POST("/api/v1/bookings", { params: { header: { "Idempotency-Key": randomUUID() } }, body: request });
  if (again.error?.error.code !== "CONFLICT" || again.error.error.details?.["bookingId"] !== bookingId) throw unexpected("hold the same seats again", again);

  const paid = await api.POST("/api/v1/bookings/{bookingId}/payments", {
    params: { path: { bookingId }, header: { "Idempotency-Key": randomUUID() } },
    body: { method: "WALLET" },
  });
  if (!paid.data) throw unexpected("pay", paid);

  const read = await api.GET("/api/v1/bookings/{bookingId}", { params: { path: { bookingId } } });
  const booking: Booking | undefined = read.data;
  if (booking?.status !== "CONFIRMED" || booking.ticket?.seatIds.length !== wanted) throw unexpected("read the booking", read);
  return booking.bookingId;
}

async function logIn(): Promise<void> {
  const session = await api.POST("/api/v1/auth/login", {
    body: { email: fromEnvironment("BOXOFFICE_EMAIL"), password: fromEnvironment("BOXOFFICE_PASSWORD") },
  });
  if (!session.data) throw unexpected("log in", session);
  const { tokenType, accessToken } = session.data;
  api.use({
    onRequest: ({ request }) => {
      request.headers.set("Authorization", `${tokenType} ${accessToken}`);
    },
  });
}

// freeSeats finds a show of any film, and neighbours that are free in it.
async function freeSeats(cityId: string, date: string): Promise<CreateBookingRequest> {
  const playing = await api.GET("/api/v1/cities/{cityId}/movies", { params: { path: { cityId } } });
  if (!playing.data) throw unexpected("list the films", playing);
  for (const movie of playing.data.movies) {
    const shows = await api.GET("/api/v1/cities/{cityId}/movies/{movieId}/shows", { params: { path: { cityId, movieId: movie.movieId }, query: { date } } });
    if (!shows.data) throw unexpected("list the shows", shows);
    for (const show of shows.data.theatres.flatMap((theatre) => theatre.shows)) {
      const seatIds = await freeSeatsOf(show.showId);
      if (seatIds) return { showId: show.showId, seatIds };
    }
  }
  throw new Error("no show has free seats side by side");
}

async function freeSeatsOf(showId: string): Promise<string[] | undefined> {
  const plan = await api.GET("/api/v1/shows/{showId}/seats", { params: { path: { showId } } });
  if (!plan.data) throw unexpected("read the seat map", plan);
  for (const row of plan.data.seatMap.rows) {
    let free: string[] = [];
    for (const seat of row.seats) {
      free = seat.status === "AVAILABLE" && !seat.wheelchair ? [...free, seat.seatId] : [];
      if (free.length === wanted) return free;
    }
  }
  return undefined;
}

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

function unexpected(step: string, answer: { data?: unknown; error?: unknown; response: Response }): Error {
  return new Error(`${step}: ${answer.response.status}: ${JSON.stringify(answer.data ?? answer.error)}`);
}

const [city, day] = process.argv.slice(2);
if (city === undefined || day === undefined) throw new Error("name a city and a day");
console.log(await buy(city, day));
