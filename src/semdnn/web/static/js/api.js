// Talks to the server. Every failure is an ApiError with a line to show.

export class ApiError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

async function asked(path, options = {}, read = (response) => response.json()) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("unreachable", "The server does not answer: is `semdnn serve` still running?");
  }
  let body = null;
  try { body = await (response.ok ? read(response) : response.json()); } catch { /* told below */ }
  if (response.ok && body !== null) return body;
  const fault = body?.error ?? { code: "http", message: `The server answered ${response.status}.` };
  throw new ApiError(fault.code, capital(fault.message));
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?`"]$/.test(text) ? "" : ".");

export const getInfo = () => asked("/api/info");

const sent = (path, file, signal, read) =>
  asked(`${path}?${new URLSearchParams({ name: file.name.slice(-100) })}`, {
    method: "POST", body: file, headers: { "content-type": "application/octet-stream" }, signal,
  }, read);

export const hearFile = (file, signal) => sent("/api/hearings", file, signal);

// A file that this browser does not play, as one that it does.
export const playableFile = (file) => sent("/api/played", file, undefined, (response) => response.blob());

export const hearSound = (id, signal) => asked(`/api/sounds/${id}/hearing`, { method: "POST", signal });

export const putWords = (hearing, words) =>
  asked(`/api/hearings/${encodeURIComponent(hearing)}/words`, {
    method: "POST", body: JSON.stringify({ words }), headers: { "content-type": "application/json" },
  });

export function search(question, signal) {
  const given = Object.entries(question).filter(([, value]) => value !== "" && value != null);
  return asked(`/api/search?${new URLSearchParams(given)}`, { signal });
}

export const getMap = () => asked("/api/map");

export const audioOf = (id) => `/api/sounds/${id}/audio`;
