// What the page is about stands behind the # of its address, which browsers send to nobody: the intent's client secret, the provider's publishable
// key, and where the customer goes on.
const given = new URLSearchParams(location.hash.slice(1));
const form = document.getElementById("form");
const submit = document.getElementById("submit");
const message = document.getElementById("message");

function tell(text) {
  message.textContent = text;
}

// Nobody is sent anywhere but to a page: an address may be of any kind.
function goOn() {
  const address = given.get("return_url") ?? "";
  return /^https:\/\//.test(address) ? address : location.origin + "/pay/done";
}

function start() {
  if (!given.get("client_secret") || !given.get("key")) {
    tell("There is nothing to pay here. Go back, and start the payment again.");
    return;
  }
  const stripe = Stripe(given.get("key"));
  const elements = stripe.elements({ clientSecret: given.get("client_secret") });
  const card = elements.create("payment");
  card.on("ready", () => { submit.disabled = false; });
  card.mount("#card");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    tell("");
    const { error } = await stripe.confirmPayment({ elements, confirmParams: { return_url: goOn() } });
    // Without an error the customer is on the way already.
    tell(error?.message ?? "");
    submit.disabled = false;
  });
}

start();
